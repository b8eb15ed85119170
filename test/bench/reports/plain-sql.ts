/** The three reports as an analyst would write them for one file of events, by hand and without what Inlet needs. */

/** @param from first day. @param to last day, included */
export function plainSql(report: string, from: string, to: string): string {
  const sql = SQL[report];
  if (sql === undefined) throw new Error(`no plain SQL for ${report}`);
  return sql(`'${from}'::TIMESTAMPTZ`, `'${to}'::TIMESTAMPTZ + interval 1 day`);
}

const WORTH = 'price * coalesce(quantity, 1)';

const SQL: Record<string, (from: string, until: string) => string> = {
  events_by_day: (from, until) => `
    select "timestamp"::DATE as date, type, event, '(all)' as segment, count(*) as events,
      count(distinct user_key) as users
    from events
    where "timestamp" >= ${from} and "timestamp" < ${until}
    group by all
    order by date, type, event nulls first, segment`,

  products: (from, until) => `
    with lines as (
      select "timestamp"::DATE as date, user_key, event, unnest(products, recursive := true)
      from events
      where "timestamp" >= ${from} and "timestamp" < ${until}
        and type = 'track' and event in ('Product Viewed', 'Product Added', 'Checkout Started', 'Order Completed')
    ),
    users as (
      select date, coalesce(category, '(none)') as category, user_key,
        count(*) filter (event = 'Product Viewed') as views, count(*) filter (event = 'Product Added') as adds,
        count(*) filter (event = 'Checkout Started') as checkouts,
        count(*) filter (event = 'Order Completed') as purchases,
        sum(coalesce(quantity, 1)) filter (event = 'Order Completed') as quantity,
        sum(${WORTH}) filter (event = 'Order Completed') as revenue
      from lines
      group by all
    )
    select date, category, sum(views), sum(adds), sum(checkouts), sum(purchases), coalesce(sum(quantity), 0),
      coalesce(round(sum(revenue), 4), 0), count(*),
      round(count(*) filter (views > 0 and purchases > 0) / nullif(count(*) filter (views > 0), 0), 4)
    from users
    group by all
    order by date, category`,

  groups: (from, until) => `
    with calls as (
      select user_key, coalesce(nullif(traits->>'$.group_type', ''), 'group') as group_type,
        "timestamp" as joined_at, max(group_id) as joined
      from events
      where type = 'group' and group_id is not null
        and "timestamp" >= ${from} - interval 30 days and "timestamp" < ${until}
      group by all
    ),
    kinds as (select user_key, group_type from calls union select distinct user_key, 'group' from events),
    placed as (
      select e."timestamp"::DATE as date, kinds.group_type, e.user_key, e.event, e.products,
        case
          when e.group_id is not null and kinds.group_type
            = case when e.type = 'group' then coalesce(nullif(e.traits->>'$.group_type', ''), 'group') else 'group' end
            then e.group_id
          when e."timestamp" <= joined_at + interval 720 hours then joined
        end as member
      from events e join kinds on e.user_key = kinds.user_key
        asof left join calls on e.user_key = calls.user_key and kinds.group_type = calls.group_type
          and e."timestamp" >= calls.joined_at
      where e."timestamp" >= ${from} and e."timestamp" < ${until}
    )
    select date, group_type, coalesce(member, '(none)') as group_id, count(*), count(distinct user_key),
      count(*) filter (event = 'Order Completed'),
      coalesce(round(sum(list_sum(list_transform(products, lambda line: line.price * coalesce(line.quantity, 1))))
        filter (event = 'Order Completed'), 4), 0)
    from placed
    where member is not null or group_type = 'group'
    group by all
    order by date, group_type, group_id`,
};
