/**
 * The reports once more, as plain SQL over the NDJSON of what was sent: no table, no days left out, nothing kept from
 * before. What the reports of Inlet have to agree with.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { RawEvent } from './raw.ts';

type Cell = string | number | null;

export interface Days {
  readonly from: string;
  readonly to: string;
  readonly timezone: string;
}

/** What `--group-by`, `--step` and `--set` give, for those reports that take them. */
export interface Asked {
  /** SQL over the table `e`: a list of texts, or null. */
  readonly segments?: string;
  /** Conditions over `e`, with the event names that they stand for. */
  readonly steps?: readonly (readonly [event: string, condition: string])[];
  readonly window_hours?: number;
  readonly cohort?: 'day' | 'week';
}

export const CATEGORIES = `(select list_distinct(list(coalesce(category, '(none)'))) from lines where lines.id = e.id and lines.source = e.source)`;
export const PLAN = `case when p->>'$.plan' is not null then [p->>'$.plan'] end`;

const STEPS = ['Product Viewed', 'Product Added', 'Checkout Started', 'Order Completed'].map(
  (event) => [event, `event = '${event}'`] as const,
);

export interface Naive {
  /** Rows in an order that both sides can agree on. */
  rows(report: string, days: Days, asked?: Asked): Promise<string[]>;
  close(): void;
}

/** @param raw in any order, copies and all */
export async function openNaive(raw: readonly RawEvent[]): Promise<Naive> {
  const folder = mkdtempSync(join(tmpdir(), 'inlet-naive-'));
  const path = join(folder, 'raw.ndjson');
  writeFileSync(path, raw.map((event) => `${JSON.stringify(event)}\n`).join(''));
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  await connection.run(`set TimeZone = 'UTC'`);
  await connection.run(`create table e as
    select source, sent->>'$.messageId' as id, sent->>'$.type' as type,
      case when sent->>'$.type' = 'track' then sent->>'$.event' end as event,
      sent->>'$.userId' as uid, coalesce(sent->>'$.userId', sent->>'$.anonymousId') as u, sent->>'$.groupId' as g,
      (sent->>'$.timestamp')::TIMESTAMPTZ as happened, sent->'$.properties' as p,
      coalesce(nullif(sent->>'$.traits.group_type', ''), 'group') as group_type
    from read_json('${path}', format = 'newline_delimited', columns = {source: 'VARCHAR', received_at: 'BIGINT',
      pack_id: 'VARCHAR', pack_index: 'INTEGER', sent: 'JSON'})
    qualify row_number() over (partition by source, id order by received_at, pack_id, pack_index) = 1`);
  // Texts and numbers are taken for texts; whatever else a category is, is none.
  await connection.run(`create table lines as
    select source, id, u, event, happened,
      case when json_type(line, '$.category') in ('VARCHAR', 'UBIGINT', 'BIGINT', 'DOUBLE') then line->>'$.category' end as category,
      case when json_type(line, '$.price') in ('VARCHAR', 'UBIGINT', 'BIGINT', 'DOUBLE') then try_cast(line->>'$.price' as DOUBLE) end as price,
      case when json_type(line, '$.quantity') in ('VARCHAR', 'UBIGINT', 'BIGINT', 'DOUBLE')
        then trunc(try_cast(line->>'$.quantity' as DOUBLE))::INTEGER end as quantity
    from (
      select *, unnest(case when json_type(p, '$.products') = 'ARRAY' then from_json(p->'$.products', '["JSON"]')
        when p->>'$.product_id' is not null then [p] end) as line
      from e)`);
  return {
    async rows(report, days, asked = {}) {
      const sql = SQL[report];
      if (sql === undefined) throw new Error(`no plain SQL for ${report}`);
      const day = (time: string): string => `timezone('${days.timezone}', ${time})::DATE`;
      const { columns, from } = sql(day, asked);
      const text = `select * from (${from}) where date between '${days.from}' and '${days.to}'`;
      const found = await connection.runAndReadAll(text);
      const rows = found.getRowObjectsJson();
      return rows.map((row) => JSON.stringify(columns.map((name) => cellOf(row[name])))).sort();
    },
    close() {
      connection.closeSync();
      instance.closeSync();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function cellOf(value: unknown): Cell {
  if (typeof value === 'number' || value === null || value === undefined) return value ?? null;
  return String(value);
}

/** Rows of Inlet, in the same form. */
export function ordered(rows: readonly (readonly Cell[])[]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort();
}

type Sql = (day: (time: string) => string, asked: Asked) => { columns: string[]; from: string };

const DOUBLE = (sql: string): string => `(${sql})::DOUBLE`;
const WORTH = 'price * coalesce(quantity, 1)';
/** A day on which somebody was active and had not been in the 90 days before. */
const visits = (day: (time: string) => string): string =>
  `(select distinct u, ${day('happened')} as d, bool_or(uid is not null) over (partition by u, ${day('happened')}) as known from e)`;
const isNew = (day: (time: string) => string): string =>
  `not exists (from ${visits(day)} w where w.u = v.u and w.d < v.d and w.d >= v.d - 90)`;

const SQL: Record<string, Sql> = {
  events_by_day: (day, { segments = `['(all)']` }) => ({
    columns: ['date', 'type', 'event', 'segment', 'events', 'users'],
    from: `select date, type, event, segment, ${DOUBLE('count(*)')} as events, ${DOUBLE('count(distinct u)')} as users from (
        select *, ${day('happened')} as date, unnest(coalesce(${segments}, ['(none)'])) as segment from e)
      group by date, type, event, segment`,
  }),

  groups: (day) => ({
    columns: ['date', 'group_type', 'group_id', 'events', 'users', 'orders', 'revenue'],
    from: `select date, group_type, coalesce(member, '(none)') as group_id, ${DOUBLE('count(*)')} as events,
        ${DOUBLE('count(distinct u)')} as users, ${DOUBLE(`count(*) filter (event = 'Order Completed')`)} as orders,
        coalesce(round(sum(worth) filter (event = 'Order Completed'), 4), 0) as revenue
      from (
        select ${day('happened')} as date, e.u, e.event, kinds.group_type,
          (select sum(${WORTH}) from lines where lines.id = e.id and lines.source = e.source) as worth,
          case when e.g is not null and kinds.group_type = case when e.type = 'group' then e.group_type else 'group' end
            then e.g
            else (select max_by(j.g, (j.happened, j.g)) from e j where j.type = 'group' and j.u = e.u and j.g is not null
              and j.group_type = kinds.group_type and j.happened <= e.happened and j.happened >= e.happened - interval 720 hour) end as member
        from e, (select distinct group_type from e) kinds)
      where member is not null or group_type = 'group'
      group by date, group_type, member`,
  }),

  products: (day) => ({
    columns: [
      'date',
      'category',
      'views',
      'adds',
      'checkouts',
      'purchases',
      'quantity',
      'revenue',
      'users',
      'conversion',
    ],
    from: `select date, category, ${[
      ['views', 'Product Viewed'],
      ['adds', 'Product Added'],
      ['checkouts', 'Checkout Started'],
      ['purchases', 'Order Completed'],
    ]
      .map(([name, event]) => `${DOUBLE(`count(*) filter (event = '${event}')`)} as ${name}`)
      .join(', ')},
        coalesce(${DOUBLE(`sum(coalesce(quantity, 1)) filter (event = 'Order Completed')`)}, 0) as quantity,
        coalesce(round(sum(${WORTH}) filter (event = 'Order Completed'), 4), 0) as revenue,
        ${DOUBLE('count(distinct u)')} as users,
        round(len(list_intersect(list(u) filter (event = 'Product Viewed'), list(u) filter (event = 'Order Completed')))
          / nullif(count(distinct u) filter (event = 'Product Viewed'), 0), 4) as conversion
      from (select * replace (coalesce(category, '(none)') as category), ${day('happened')} as date from lines
        where event in ('Product Viewed', 'Product Added', 'Checkout Started', 'Order Completed'))
      group by date, category`,
  }),

  active_users: (day) => ({
    columns: ['date', 'period', 'users', 'known_users'],
    from: ['day', 'week', 'month']
      .map(
        (period) => `select date_trunc('${period}', ${day('happened')})::DATE as date, '${period}' as period,
          ${DOUBLE('count(distinct u)')} as users,
          ${DOUBLE('count(distinct u) filter (uid is not null)')} as known_users from e group by 1`,
      )
      .join(' union all '),
  }),

  new_and_returning: (day) => ({
    columns: ['date', 'new_users', 'returning_users'],
    from: `select d as date, ${DOUBLE('count(*) filter (fresh)')} as new_users,
        ${DOUBLE('count(*) filter (not fresh)')} as returning_users
      from (select d, ${isNew(day)} as fresh from ${visits(day)} v) group by d`,
  }),

  retention: (day, { cohort = 'week' }) => ({
    columns: ['date', 'period', 'cohort_users', 'users', 'share'],
    from: `with firsts as (
        select u, d, date_trunc('${cohort}', d)::DATE as cohort from ${visits(day)} v where ${isNew(day)}),
      steps as (select unnest(range(0, ${cohort === 'week' ? 9 : 31})) as period)
      select cohort as date, ${DOUBLE('period')} as period, ${DOUBLE('cohort_users')} as cohort_users,
        ${DOUBLE('users')} as users, round(users / cohort_users, 4) as share
      from (
        select cohort, period, (select count(distinct u) from firsts f where f.cohort = c.cohort) as cohort_users,
          (select count(distinct f.u) from firsts f, ${visits(day)} v where f.cohort = c.cohort and f.u = v.u and v.d >= f.d
            and date_trunc('${cohort}', v.d)::DATE = (c.cohort + to_days((period * ${cohort === 'week' ? 7 : 1})::INTEGER))::DATE) as users
        from (select distinct cohort from firsts) c, steps)
      where users > 0`,
  }),

  funnel: (day, { segments = `['(all)']`, steps = STEPS, window_hours = 24 }) => ({
    columns: ['date', 'segment', 'step', 'event', 'users', 'conversion'],
    from: `with k as (select *, {'at': happened, 's': source, 'i': id} as k, ${segments} as segments, ${day('happened')} as date from e),
      s1 as (select u, date, segment, min(k) as k, min(happened) as entered from (
        select *, unnest(coalesce(segments, ['(none)'])) as segment from k where ${steps[0]?.[1]}) k group by u, date, segment),
      ${steps
        .slice(1)
        .map(
          ([, condition], index) => `s${index + 2} as (select before.u, before.date, before.segment, before.entered,
            (select min(k.k) from k where k.u = before.u and ${condition} and k.k > before.k
              and k.happened <= before.entered + interval ${window_hours} hour
              and (k.segments is null or list_contains(k.segments, before.segment))) as k
            from s${index + 1} before where before.k is not null)`,
        )
        .concat('entered as (select date, segment, count(*) as n from s1 group by all)')
        .join(', ')}
      select entered.date, entered.segment, ${DOUBLE('step')} as step, name as event, ${DOUBLE('count(reached.u)')} as users,
        round(count(reached.u) / any_value(n), 4) as conversion
      from entered cross join (select unnest([${steps.map(([name]) => `'${name}'`).join(', ')}]) as name,
          unnest(range(1, ${steps.length + 1})) as step) names
        left join (${steps
          .map((_, index) => `select u, date, segment, ${index + 1} as step from s${index + 1} where k is not null`)
          .join(' union all ')}) reached using (date, segment, step)
      group by all`,
  }),
};
