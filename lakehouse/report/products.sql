-- name: products
-- grain: one row a day and product category
-- reach_days: 0
-- description: What became of the products of a category each day, from the events Product Viewed, Product Added and Order Completed.
-- columns:
--   date       date     The day it happened.
--   category   string   The product category, or (none).
--   views      integer  Products viewed.
--   adds       integer  Products put into a cart.
--   purchases  integer  Lines of completed orders.
--   quantity   integer  Pieces in these lines; 1 where a line names no quantity.
--   revenue    number   Price times quantity of these lines, in currency units as sent.
--   users      integer  Distinct user keys.
with lines as (
  select
    timezone(getvariable('timezone'), "timestamp")::DATE as date,
    user_key,
    event,
    unnest(products) as product
  from events
  where
    type = 'track'
    and event in ('Product Viewed', 'Product Added', 'Order Completed')
    and "timestamp" between getvariable('earliest') and getvariable('latest')
    and timezone(getvariable('timezone'), "timestamp")::DATE between getvariable('from') and getvariable('to')
)
select
  date,
  coalesce(product.category, '(none)') as category,
  count(*) filter (event = 'Product Viewed') as views,
  count(*) filter (event = 'Product Added') as adds,
  count(*) filter (event = 'Order Completed') as purchases,
  coalesce(sum(coalesce(product.quantity, 1)) filter (event = 'Order Completed'), 0)::BIGINT as quantity,
  -- Summed with correction and cut to cents' cents, so that the order of rows does not show.
  coalesce(round(fsum(product.price * coalesce(product.quantity, 1)) filter (event = 'Order Completed'), 4), 0) as revenue,
  count(distinct user_key) as users
from lines
group by all
order by date, category
