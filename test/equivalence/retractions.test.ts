/**
 * Events that are taken back, under any user and from any source, before they arrive or long after: the hot index, the
 * `events` view and the stored reports show the others, in any order of arrival, and the log keeps both.
 */
import { afterEach, expect, it } from 'vitest';
import { rebuildNow } from '../../platform/app/tend.ts';
import { type SeededRandom, seededRandom } from '../../platform/sim/random.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { isJsonObject } from '../../schemas/event.ts';
import { type JoinedApp, openJoined, type Source } from './joined.ts';
import { label, winners } from './timeline.model.ts';
import { eventsBySql, timelineOf } from './views.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Copies come within the window of seven days. Retractions come whenever they like. */
const WINDOW_MS = 5 * DAY_MS;
const USERS = Array.from({ length: 4 }, (_, number) => `user-${number}`);
const REPORT = { name: 'events_by_day', from: '2026-06-01', to: '2026-09-30' };

let app: JoinedApp;
afterEach(() => app.close());

const identity = (source: string | null, messageId: string | null): string => `${source}\0${messageId}`;

/** Winners that no retraction takes back that is a winner itself. */
function shown(): EventRow[] {
  const rows = winners(app.rows());
  const retractions = rows.filter(({ type }) => type === 'retraction');
  const taken = new Set(retractions.map(({ name, previous_id }) => identity(name, previous_id)));
  return rows.filter((row) => row.type !== 'retraction' && !taken.has(identity(row.source, row.message_id)));
}

const labelOf = (row: EventRow): string => label(row.timestamp, row.source, row.message_id);

function modelOf(user: string): string[] {
  return shown()
    .filter((row) => row.user_key === user)
    .sort(
      (a, b) => b.timestamp - a.timestamp || (`${a.source} ${a.message_id}` < `${b.source} ${b.message_id}` ? -1 : 1),
    )
    .map(labelOf);
}

async function expectSame(): Promise<void> {
  for (const user of USERS) expect(await timelineOf(app, user)).toEqual(modelOf(user));
  expect(await eventsBySql(app)).toEqual(
    shown()
      .map((row) => `${row.user_key} ${labelOf(row)}`)
      .sort(),
  );
}

/** Events of each day and type. */
async function stored(): Promise<string[]> {
  const question = `query ($name: String!, $from: Date!, $to: Date!) { reports(name: $name, from: $from, to: $to) { rows } }`;
  const answer = await app.ask(question, REPORT);
  if (!isJsonObject(answer) || !isJsonObject(answer.reports)) throw new Error('no report');
  const { rows } = answer.reports;
  if (!Array.isArray(rows)) throw new Error('no rows');
  return rows.map(([date, type, , , events]: unknown[]) => `${date} ${type} ${events}`).sort();
}

function counted(): string[] {
  const groups = Map.groupBy(
    shown(),
    ({ timestamp, type }) => `${new Date(timestamp).toISOString().slice(0, 10)} ${type}`,
  );
  return [...groups].map(([group, rows]) => `${group} ${rows.length}`).sort();
}

interface Sent {
  readonly id: string;
  readonly at: number;
}

/** A request of new events and copies of earlier ones, and at times one that takes some of them back. */
async function send(random: SeededRandom, ids: Sent[]): Promise<void> {
  const now = app.sim.clock.now();
  const source: Source = random.below(2) === 0 ? 'shop' : 'app';
  const pick = (from: readonly Sent[]): string => from[random.below(from.length)]?.id ?? 'none';
  const fresh = ids.filter(({ at }) => now - at < WINDOW_MS);
  const batch = Array.from({ length: 1 + random.below(4) }, () => {
    const messageId = random.below(5) === 0 ? pick(fresh) : random.hex(12);
    ids.push({ id: messageId, at: now });
    return {
      type: random.below(3) === 0 ? 'page' : 'track',
      event: 'Clicked',
      messageId,
      userId: USERS[random.below(USERS.length)],
      timestamp: new Date(now - random.below(4) * DAY_MS).toISOString(),
    };
  });
  expect((await app.batch(source, batch)).status).toBe(200);
  if (random.below(2) > 0) return;
  const ahead = random.hex(12);
  ids.push({ id: ahead, at: now });
  const again = `retraction ${Math.floor(now / WINDOW_MS)}`;
  const retract = (message_id: string) => ({
    type: 'track',
    event: 'Event Retracted',
    // Some of them are copies of each other, and one in a while is itself taken back, which changes nothing.
    messageId: random.below(4) === 0 ? again : random.hex(12),
    userId: 'support',
    properties: { message_id, source: random.below(4) === 0 ? 'nowhere' : source, note: '\ud83d' },
  });
  const answer = await app.batch('server', [retract(pick(ids)), retract(ahead), retract(again)]);
  expect(await answer.text()).toContain('"accepted":3,');
}

it.each([1, 2])('timelines, SQL and reports leave out what was taken back: seed %i', async (seed) => {
  app = await openJoined({ seed });
  const random = seededRandom(seed);
  const ids: Sent[] = [];
  for (let request = 1; request <= 32; request += 1) {
    await app.sim.clock.advance(1 + random.below(20 * HOUR_MS));
    await send(random, ids);
    if (random.below(3) === 0) app.sim.queue.shuffle(random);
    if (random.below(2) === 0) await app.deliver(1 + random.below(3));
    if (request % 16 === 0) {
      await app.drain();
      await expectSame();
      await app.central();
      await expectSame();
      expect(await stored()).toEqual(counted());
    }
  }
  const all = winners(app.rows()).filter(({ type }) => type !== 'retraction').length;
  expect(all - shown().length).toBeGreaterThan(3);

  await rebuildNow(app.ports, () => {});
  await expectSame();
  expect(await app.select('select count(*) from retracted_events')).toEqual([[all - shown().length]]);
  const retractions = winners(app.rows()).filter(({ type }) => type === 'retraction').length;
  expect(await app.select('select count(*) from retractions')).toEqual([[retractions]]);
});
