-- name: funnel
-- grain: one row a day, segment and step
-- types: track
-- reach_days: 0
-- reach_back_days: 2
-- description: How many of the users who took the first step on a day took the next ones, in order, within the window. The first time on the day that a user takes the first step counts; each further step has to come after the one before, and within the window from the first.
-- columns:
--   date        date     The day of the first step.
--   segment     string   The value of the property to group by in the first step, or (none); (all) where there is no such property. A later step counts if it has the same value or no value at all.
--   step        integer  The number of the step, from 1.
--   event       string   The event name of the step.
--   users       integer  Distinct user keys that came as far as this step.
--   conversion  number   Their share of those who took the first step.
-- parameters:
--   steps         steps = ["Product Viewed", "Product Added", "Checkout Started", "Order Completed"]: Event names in order, each with a filter if need be: Product Viewed [category=shoes].
--   window_hours  hours = 24: How long after the first step the others count, in hours.
--   group_by      segment = null: Tells users apart by this property of the first step, such as category.
with recursive
  steps as (
    select
      generate_subscripts(getvariable('steps'), 1) as step,
      unnest(getvariable('steps'), recursive := true)
  ),
  -- Of one user, in order; an event that fits several steps has one place.
  taken as (
    select
      taken.user_key,
      taken.date,
      taken."timestamp" as taken_at,
      taken.segments,
      steps.step,
      dense_rank() over (partition by user_key order by "timestamp", source, message_id) as place
    from report_events as taken join steps on taken.event = steps.event
    where
      taken.type = 'track'
      and case
        when steps.property is null then true
        when steps.property = 'category'
          then coalesce(len(list_filter(taken.products, lambda product: product.category = steps.value)) > 0, false)
        else coalesce(try(json_extract_string(taken.properties, steps.property)) = steps.value, false)
      end
  ),
  entries as (
    select user_key, date, taken_at, place, unnest(coalesce(segments, ['(none)'])) as segment
    from taken
    where step = 1 and date between getvariable('from') and getvariable('to')
  ),
  reached as (
    select user_key, date, segment, 1::BIGINT as step, min(place) as place, arg_min(taken_at, place) as entered_at
    from entries
    group by user_key, date, segment
    union all
    select reached.user_key, reached.date, reached.segment, taken.step, min(taken.place), reached.entered_at
    from reached join taken
      on taken.user_key = reached.user_key
      and taken.step = reached.step + 1
      and taken.place > reached.place
      and taken.taken_at <= reached.entered_at + to_hours(getvariable('window_hours'))
      and (taken.segments is null or list_contains(taken.segments, reached.segment))
    group by all
  ),
  entered as (
    select date, segment, count(*) as entered from reached where step = 1 group by all
  )
select
  entered.date,
  entered.segment,
  steps.step,
  steps.event,
  count(reached.user_key) as users,
  round(count(reached.user_key) / entered.entered, 4) as conversion
from entered cross join steps
  left join reached
    on reached.date = entered.date and reached.segment = entered.segment and reached.step = steps.step
group by entered.date, entered.segment, entered.entered, steps.step, steps.event
order by date, segment, step
