-- name: products
-- grain: one row a day and product category
-- types: track
-- reach_days: 0
-- description: What became of the products of a category each day, from the events Product Viewed, Product Added, Checkout Started and Order Completed.
-- sums: views, adds, checkouts, purchases, quantity, revenue
-- columns:
--   date        date     The day it happened.
--   category    string   The product category, or (none).
--   views       integer  Products viewed.
--   adds        integer  Products put into a cart.
--   checkouts   integer  Products in checkouts that were started.
--   purchases   integer  Lines of completed orders.
--   quantity    integer  Pieces in these lines; 1 where a line names no quantity.
--   revenue     number   Price times quantity of these lines, in currency units as sent.
--   users       integer  Distinct user keys.
--   conversion  number   Of the users who viewed a product of the category, the share that bought one on the same day; null where nobody viewed one.
with
  lines as (
    select date, user_key, event, unnest(products) as product
    from report_events
    where
      type = 'track'
      and event in ('Product Viewed', 'Product Added', 'Checkout Started', 'Order Completed')
      and date between getvariable('from') and getvariable('to')
  ),
  users as (
    select
      date,
      coalesce(product.category, '(none)') as category,
      user_key,
      count(*) filter (event = 'Product Viewed') as views,
      count(*) filter (event = 'Product Added') as adds,
      count(*) filter (event = 'Checkout Started') as checkouts,
      count(*) filter (event = 'Order Completed') as purchases,
      sum(coalesce(product.quantity, 1)) filter (event = 'Order Completed') as quantity,
      fsum(product.price * coalesce(product.quantity, 1)) filter (event = 'Order Completed') as revenue
    from lines
    group by all
  )
select
  date,
  category,
  sum(views) as views,
  sum(adds) as adds,
  sum(checkouts) as checkouts,
  sum(purchases) as purchases,
  coalesce(sum(quantity), 0) as quantity,
  -- Summed with correction and cut to cents' cents, so that the order of rows does not show.
  coalesce(round(fsum(revenue), 4), 0) as revenue,
  count(*) as users,
  round(count(*) filter (views > 0 and purchases > 0) / nullif(count(*) filter (views > 0), 0), 4) as conversion
from users
group by all
order by date, category
