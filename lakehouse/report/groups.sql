-- name: groups
-- grain: one row a day and user group
-- reach_days: 30
-- description: Events and users a day, by user group: the group named in the event, else the one its user last joined by a group call in the 30 days before it.
-- columns:
--   date      date     The day it happened.
--   group_id  string   The group, or (none).
--   events    integer  Events.
--   users     integer  Distinct user keys.
with
  day_events as (
    select
      timezone(getvariable('timezone'), "timestamp")::DATE as date,
      user_key,
      group_id,
      "timestamp" as happened_at
    from events
    where
      "timestamp" between getvariable('earliest') and getvariable('latest')
      and timezone(getvariable('timezone'), "timestamp")::DATE between getvariable('from') and getvariable('to')
  ),
  -- Of calls at the very same time the largest group counts, so that the answer is one.
  joined as (
    select user_key, "timestamp" as joined_at, max(group_id) as group_id
    from events
    where
      type = 'group'
      and group_id is not null
      and "timestamp" between getvariable('earliest') - interval 720 hour and getvariable('latest')
    group by user_key, "timestamp"
  )
select
  date,
  coalesce(
    day_events.group_id,
    case when happened_at <= joined_at + interval 720 hour then joined.group_id end,
    '(none)'
  ) as group_id,
  count(*) as events,
  count(distinct day_events.user_key) as users
from day_events asof left join joined
  on day_events.user_key = joined.user_key and happened_at >= joined_at
group by all
order by date, group_id
