-- name: events_by_day
-- grain: one row a day, call type, event name and segment
-- reach_days: 0
-- description: Events and users a day, by call type and event name.
-- sums: events
-- columns:
--   date     date     The day it happened.
--   type     string   track, page, screen, identify, group or alias.
--   event    string   The event name inside a track call; null for the other types.
--   segment  string   The value of the property to group by, or (none); (all) where there is no such property.
--   events   integer  Events.
--   users    integer  Distinct user keys.
-- parameters:
--   group_by  segment = null: Tells events apart by this property; an event with several values counts in each.
with named as (
  select date, type, event, user_key, unnest(coalesce(segments, ['(none)'])) as segment
  from report_events
  where date between getvariable('from') and getvariable('to')
)
select date, type, event, segment, count(*) as events, count(distinct user_key) as users
from named
group by all
order by date, type, event nulls first, segment
