-- name: retention
-- grain: one row a cohort and period since
-- reads: user_days
-- reach_days: 90
-- reach_back_days: 62
-- description: How many of the users who were new in a week (or on a day) came back in the weeks (or on the days) after: up to 8 weeks, or 30 days. New is who had no event in the 90 days before; weeks begin on Monday.
-- columns:
--   date          date     The first day of the cohort: users who were new in the period that begins here.
--   period        integer  Weeks or days since; 0 is the period of the cohort itself.
--   cohort_users  integer  User keys in the cohort.
--   users         integer  Those of them with an event in this period.
--   share         number   users by cohort_users.
-- parameters:
--   cohort  week|day = "week": What cohorts and periods are.
with
  visits as (
    select user_key, date, date - lag(date) over (partition by user_key order by date) as days_away
    from user_days
  ),
  starts as (
    select user_key, date as first_day, date_trunc(getvariable('cohort'), date)::DATE as cohort
    from visits
    where (days_away is null or days_away > 90) and cohort between getvariable('from') and getvariable('to')
  ),
  active as (
    select distinct
      cohort,
      user_key,
      (date_trunc(getvariable('cohort'), date)::DATE - cohort)
        // case getvariable('cohort') when 'week' then 7 else 1 end as period
    from starts join user_days using (user_key)
    where date >= first_day
  ),
  counted as (
    select cohort, period, count(*) as users
    from active
    where period <= case getvariable('cohort') when 'week' then 8 else 30 end
    group by all
  )
select
  cohort as date,
  period,
  max(users) filter (period = 0) over (partition by cohort) as cohort_users,
  users,
  round(users / cohort_users, 4) as share
from counted
order by date, period
