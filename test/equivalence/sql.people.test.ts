/** The view `people` agrees with a walk over the calls as they were sent, whatever way they came. */
import { expect, test } from 'vitest';
import { openSession } from '../../lakehouse/sql/session.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import { answer, append, CONFIG, compact, testLake } from '../lakehouse/lake.ts';
import { type RawEvent, rawPacks, rowsOf } from './raw.ts';

/** Of copies the one that arrived first. */
function winnersOf(raw: readonly RawEvent[]): RawEvent[] {
  const place = ({ received_at, pack_id, pack_index }: RawEvent): string =>
    [received_at, pack_id, String(pack_index).padStart(6, '0')].join();
  const found = new Map<string, RawEvent>();
  for (const event of raw) {
    const identity = `${event.source} ${event.sent.messageId}`;
    const best = found.get(identity);
    if (best === undefined || place(event) < place(best)) found.set(identity, event);
  }
  return [...found.values()].sort((a, b) =>
    String([a.sent.timestamp, place(a)]) < String([b.sent.timestamp, place(b)]) ? -1 : 1,
  );
}

/** From each id to the one that it belongs to, by the earliest call. */
function parentsOf(events: readonly RawEvent[]): Map<string, string> {
  const parents = new Map<string, string>();
  for (const { sent } of events) {
    const id = sent.type === 'identify' ? sent.anonymousId : sent.type === 'alias' ? sent.previousId : undefined;
    if (typeof id !== 'string' || typeof sent.userId !== 'string' || id === sent.userId) continue;
    if (!parents.has(id)) parents.set(id, sent.userId);
  }
  return parents;
}

/** Up to the end, or round the circle that there is in place of one. */
function personOf(id: string, parents: ReadonlyMap<string, string>): string {
  const walked: string[] = [];
  let at = id;
  for (;;) {
    const next = parents.get(at);
    if (next === undefined) return at;
    if (walked.includes(at)) return walked.slice(walked.indexOf(at)).sort()[0] ?? at;
    walked.push(at);
    at = next;
  }
}

/** Aliases from one user to another as well, some of them round in a circle. */
function withAliases(packs: readonly RawEvent[][], seed: number): RawEvent[][] {
  const random = seededRandom(seed);
  const alias = ({ sent, ...stamps }: RawEvent): RawEvent => {
    const [userId, previousId] = [random.below(12), random.below(12)].map((number) => `user-${number}`);
    return { ...stamps, sent: { ...sent, type: 'alias', userId, previousId } };
  };
  return packs.map((pack) => pack.map((event) => (random.below(9) === 0 ? alias(event) : event)));
}

test.each([1, 2, 3])('seed %i: people are who the calls say, and events count by them', async (seed) => {
  const lake = testLake();
  const packs = withAliases(rawPacks(seededRandom(seed), 30), seed);
  await append(lake, packs.slice(0, 20).map(rowsOf));
  await compact(lake);
  await append(lake, packs.slice(20).map(rowsOf));
  const session = await openSession({ ...lake, config: CONFIG });

  const events = winnersOf(packs.flat());
  const parents = parentsOf(events);
  const expected = [...parents.keys()].map((id) => [id, personOf(id, parents)]);
  expect(expected.filter(([id, person]) => parents.get(id ?? '') !== person).length).toBeGreaterThan(0);
  expect(await answer(session, 'select user_key, person from people order by all')).toEqual(expected.sort());

  const days = Map.groupBy(events, ({ sent }) => String(sent.timestamp).slice(0, 10));
  const active = [...days].map(([day, some]) => {
    const keys = some.map(({ sent }) => String(sent.userId ?? sent.anonymousId));
    return [day, new Set(keys.map((key) => personOf(key, parents))).size];
  });
  const sql = `select "timestamp"::date as date, count(distinct coalesce(person, user_key)) as people
    from events left join people using (user_key) group by all order by all`;
  expect(await answer(session, sql)).toEqual(active.sort());
  await session.close();
  lake.close();
});

test('a circle of aliases is one person, whichever of its ids is asked for', async () => {
  const lake = testLake();
  const calls: [string, string][] = [
    ['b', 'a'],
    ['c', 'b'],
    ['a', 'c'],
    ['device', 'b'],
  ];
  const pack = calls.map(([previousId, userId], pack_index): RawEvent => {
    const time = Date.parse('2026-03-28') + pack_index;
    const sent = { type: 'alias', previousId, userId, messageId: previousId, timestamp: new Date(time).toISOString() };
    return { source: 'shop', received_at: time, pack_id: '01890000-0000-7000-8000-000000000001', pack_index, sent };
  });
  await append(lake, [rowsOf(pack)]);
  const session = await openSession({ ...lake, config: CONFIG });
  expect(await answer(session, 'select user_key, person from people order by all')).toEqual([
    ['a', 'a'],
    ['b', 'a'],
    ['c', 'a'],
    ['device', 'a'],
  ]);
  await session.close();
  lake.close();
});
