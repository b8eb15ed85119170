-- name: events_by_day
-- grain: one row a day, call type and event name
-- reach_days: 0
-- description: Events and users a day, by call type and event name.
-- columns:
--   date    date     The day it happened.
--   type    string   track, page, screen, identify, group or alias.
--   event   string   The event name inside a track call; null for the other types.
--   events  integer  Events.
--   users   integer  Distinct user keys.
select
  timezone(getvariable('timezone'), "timestamp")::DATE as date,
  type,
  event,
  count(*) as events,
  count(distinct user_key) as users
from events
where
  "timestamp" between getvariable('earliest') and getvariable('latest')
  and timezone(getvariable('timezone'), "timestamp")::DATE between getvariable('from') and getvariable('to')
group by all
order by date, type, event nulls first
