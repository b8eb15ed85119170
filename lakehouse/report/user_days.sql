-- name: user_days
-- grain: one row a day and user
-- reach_days: 0
-- description: On which days each user was active: small, and all that some reports need to read.
-- columns:
--   date      date     The day.
--   user_key  string   user_id, else anonymous_id.
--   known     integer  1 where an event of the day has a user_id, else 0.
--   events    integer  Events.
select date, user_key, max(case when user_id is null then 0 else 1 end) as known, count(*) as events
from report_events
where date between getvariable('from') and getvariable('to')
group by all
order by date, user_key
