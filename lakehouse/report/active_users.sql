-- name: active_users
-- grain: one row a day, week or month
-- reads: user_days
-- reach_days: 0
-- reach_back_days: 30
-- description: Users with at least one event in a day, a week from Monday to Sunday, or a month.
-- columns:
--   date         date     The first day of the period.
--   period       string   day, week or month.
--   users        integer  Distinct user keys.
--   known_users  integer  Those of them that were named by a user id.
with periods as (
  select
    unnest(['day', 'week', 'month']) as period,
    unnest([date, date_trunc('week', date)::DATE, date_trunc('month', date)::DATE]) as first_day,
    user_key,
    known
  from user_days
)
select
  first_day as date,
  period,
  count(distinct user_key) as users,
  count(distinct user_key) filter (known = 1) as known_users
from periods
where first_day between getvariable('from') and getvariable('to')
group by all
order by date, period
