-- name: new_and_returning
-- grain: one row a day
-- reads: user_days
-- reach_days: 90
-- description: Users of a day, by whether they were there before. New is who had no event in the 90 days before.
-- columns:
--   date             date     The day.
--   new_users        integer  User keys without an event in the 90 days before.
--   returning_users  integer  The others.
with visits as (
  select date, date - lag(date) over (partition by user_key order by date) as days_away
  from user_days
)
select
  date,
  count(*) filter (days_away is null or days_away > 90) as new_users,
  count(*) filter (days_away <= 90) as returning_users
from visits
where date between getvariable('from') and getvariable('to')
group by date
order by date
