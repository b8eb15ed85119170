/** What the hot index writes on D1, which bills each row and each entry of an index. */
import { env } from 'cloudflare:workers';
import type { D1Database, D1PreparedStatement } from '@cloudflare/workers-types';
import { beforeEach, expect, it } from 'vitest';
import type { Database } from '../../platform/ports.ts';
import { readGroups } from '../../query/identity/groups.ts';
import { readMembers } from '../../query/identity/members.ts';
import { resolveUser } from '../../query/identity/resolve-user.ts';
import { GROUP_ID_LENGTH_MAX } from '../../query/index/folds.ts';
import { toHotRows } from '../../query/index/hot-rows.ts';
import { LINKS_MAX } from '../../query/index/links.ts';
import { writeRows } from '../../query/index/write.ts';
import { readLastSeen } from '../../query/resolve/last-seen.ts';
import { atOneMoment } from '../../query/resolve/moment.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { packId } from '../../schemas/pack.ts';
import { event } from '../lakehouse/rows.ts';
import { migrate } from './worker.ts';

const d1: D1Database = env.INDEX;

let written = 0;
/** D1 itself, and what it says that it wrote. */
const counted: Database = {
  prepare: (sql) => d1.prepare(sql),
  async batch(statements) {
    const results = await d1.batch(statements.map(asD1));
    for (const { meta } of results) written += meta.rows_written;
  },
};

function asD1(statement: unknown): D1PreparedStatement {
  if (isD1(statement)) return statement;
  throw new TypeError('not a statement of D1');
}

function isD1(statement: unknown): statement is D1PreparedStatement {
  return typeof statement === 'object' && statement !== null && 'raw' in statement;
}

/** @returns how many rows were billed */
async function write(rows: readonly EventRow[]): Promise<number> {
  written = 0;
  await writeRows(counted, rows);
  return written;
}

/** An event by itself: its copy, its row and the entry of that, and the count of the writes. */
const alone = 1 + 2 + 1;

let made = 0;
function own(columns: Partial<EventRow>): EventRow {
  made += 1;
  return event({ message_id: `m${made}`, pack_id: packId('d'.repeat(15), made), ...columns });
}

beforeEach(migrate);

it('an ordinary event costs a row for its copy and a share of a row of its bucket; the folds add none', async () => {
  const rows = Array.from({ length: 2_000 }, (_, user) =>
    own({
      user_key: `user ${user % 40}`,
      type: user % 3 === 0 ? 'page' : 'track',
      anonymous_id: `browser ${user % 40}`,
    }),
  );
  // A hot row has a key of its own and an index; one row counts the writes, and one says when the source was heard.
  expect(await write(rows)).toBe(rows.length + 2 * toHotRows(rows).length + 1 + 1);
  expect(await write(rows)).toBe(1);
});

it('an identify costs two rows where its link is new, one where it is known, and none after the first calls', async () => {
  const identify = (call: number): EventRow =>
    own({ type: 'identify', user_key: 'ada', anonymous_id: 'laptop', timestamp: call });
  await write([own({})]);
  expect(await write([identify(0)])).toBe(alone + 2);
  for (let call = 1; call < LINKS_MAX; call += 1) expect(await write([identify(call)])).toBe(alone + 1);
  expect(await write([identify(LINKS_MAX)])).toBe(alone);
  const again = identify(LINKS_MAX + 1);
  await write([again]);
  expect(await write([again])).toBe(1);
  const keys = await atOneMoment(counted, (moment) => resolveUser(counted, moment, 'laptop'));
  expect(keys).toEqual(['laptop', 'ada']);
});

it('a group call costs two rows, and one more where the user is new to the group', async () => {
  const names = (user: string, group_id: string): EventRow => own({ type: 'group', user_key: user, group_id });
  await write([own({})]);
  expect(await write([names('ada', 'acme')])).toBe(alone + 2 + 1);
  expect(await write([names('ada', 'acme')])).toBe(alone + 2);
  expect(await write([names('bob', 'acme')])).toBe(alone + 2 + 1);
  const [again, longer] = [names('bob', 'acme'), names('bob', 'x'.repeat(GROUP_ID_LENGTH_MAX + 1))];
  await write([again]);
  expect(await write([again])).toBe(1);
  expect(await write([longer])).toBe(alone + 1);
  const page = await readMembers(counted, { group: 'acme', first: 5, after: null }, async () => 0);
  expect([page.ids, (await readGroups(counted, { first: 5, after: null }, async () => 0)).ids]).toEqual([
    ['ada', 'bob'],
    ['acme'],
  ]);
});

it('when a source was heard last costs one row a batch and source, and none where the batch is older', async () => {
  const heard = (source: string, received_at: number): EventRow => own({ source, received_at, user_key: 'ada' });
  const count = 500;
  const rows = Array.from({ length: count }, (_, at) => heard(`source ${at % 3}`, 1_000 + at));
  expect(await write(rows)).toBe(count + 2 * toHotRows(rows).length + 1 + 3);
  expect(await write([heard('source 0', 999)])).toBe(alone);
  expect(await write([heard('source 0', 5_000)])).toBe(alone + 1);
  expect(await readLastSeen(counted, ['source 0', 'source 1'])).toEqual([5_000, 1_499]);
});

it('a retraction costs two rows, and undoes a link on D1 too', async () => {
  const link = own({ type: 'identify', user_key: 'bob', anonymous_id: 'phone' });
  await write([link]);
  const retraction = own({ type: 'retraction', timestamp: 0, name: link.source, previous_id: link.message_id });
  expect(await write([retraction])).toBe(2 + 1);
  const keys = await atOneMoment(counted, (moment) => resolveUser(counted, moment, 'phone'));
  expect(keys).toEqual(['phone']);
});
