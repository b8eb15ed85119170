-- name: groups
-- grain: one row a day, group type and user group
-- reach_days: 30
-- description: Events, users and revenue a day, by user group: the group named in the event, else the one its user last joined by a group call in the 30 days before it. A group call is of the type that its trait group_type says, or of the type group; a user can be in one group of each type, and an event counts in each.
-- sums: events, orders, revenue
-- columns:
--   date        date     The day it happened.
--   group_type  string   The type of group, such as company; group where group calls name none.
--   group_id    string   The group, or (none) for the type group.
--   events      integer  Events.
--   users       integer  Distinct user keys.
--   orders      integer  Order Completed events.
--   revenue     number   Price times quantity of the products of these orders, in currency units as sent.
with
  -- Only these need traits, and days before: the columns of other events are read for the days asked for alone.
  calls as (
    select
      date,
      user_key,
      group_id,
      "timestamp" as happened_at,
      coalesce(nullif(try(json_extract_string(traits, '$.group_type')), ''), 'group') as group_type
    from report_events
    where type = 'group'
  ),
  day_events as (
    select
      date,
      user_key,
      group_id,
      case when group_id is not null then 'group' end as named_type,
      "timestamp" as happened_at,
      event,
      list_sum(list_transform(products, lambda product: product.price * coalesce(product.quantity, 1))) as worth
    from report_events
    where type <> 'group' and date between getvariable('from') and getvariable('to')
    union all
    select date, user_key, group_id, group_type, happened_at, null, null
    from calls
    where date between getvariable('from') and getvariable('to')
  ),
  -- Of calls at the very same time the largest group counts, so that the answer is one.
  joined as (
    select user_key, group_type, happened_at as joined_at, max(group_id) as group_id
    from calls
    where group_id is not null
    group by all
  ),
  types as (
    select user_key, group_type from joined
    union
    select user_key, 'group' from day_events
  ),
  expected as (from day_events join types using (user_key)),
  members as (
    select
      expected.*,
      case
        when named_type = expected.group_type and expected.group_id is not null then expected.group_id
        when happened_at <= joined_at + interval 720 hour then joined.group_id
      end as member_of
    from expected asof left join joined
      on expected.user_key = joined.user_key
      and expected.group_type = joined.group_type
      and happened_at >= joined_at
  )
select
  date,
  group_type,
  coalesce(member_of, '(none)') as group_id,
  count(*) as events,
  count(distinct user_key) as users,
  count(*) filter (event = 'Order Completed') as orders,
  -- Summed with correction and cut to cents' cents, so that the order of rows does not show.
  coalesce(round(fsum(worth) filter (event = 'Order Completed'), 4), 0) as revenue
from members
where member_of is not null or group_type = 'group'
group by all
order by date, group_type, group_id
