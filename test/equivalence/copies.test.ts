/**
 * Copies that come minutes to days after each other, with every kind of id that SDKs make, under other users and other
 * dates, delivered in any order while units of compaction come between: the hot index, the `events` view and the table
 * agree on the winner.
 */
import { afterEach, expect, it } from 'vitest';
import { readRows } from '../../lakehouse/append/read.ts';
import { openLog } from '../../lakehouse/catalog/log.ts';
import { type SeededRandom, seededRandom } from '../../platform/sim/random.ts';
import { filesOf } from '../lakehouse/lake.ts';
import { type JoinedApp, KEYS, openJoined } from './joined.ts';
import { label, modelTimeline, winners } from './timeline.model.ts';
import { timelineOf } from './views.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Copies come within the window of seven days: so long after the first one at most. */
const RESENT_MS_MAX = 6.5 * 24 * HOUR_MS;
const REQUESTS = 60;
const USERS = Array.from({ length: 5 }, (_, number) => `user-${number}`);
const EVERYTHING = { from: null, to: null, types: null, events: null };

let app: JoinedApp;
afterEach(() => app.close());

interface Original {
  readonly messageId: string;
  readonly sent_at: number;
}

function messageId(random: SeededRandom, now: number): string {
  const digits = random.hex(32);
  const uuid = (version: string): string =>
    `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${version}${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20)}`;
  const time = now.toString(16).padStart(12, '0');
  const kinds = [
    `ajs-next-${now}-${uuid('4')}`,
    `node-next-${now}-${uuid('4')}`,
    uuid('4'),
    `${time.slice(0, 8)}-${time.slice(8)}-7${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20)}`,
    `order ${digits.slice(0, 4)}-next-😀`,
  ];
  return kinds[random.below(kinds.length)] ?? digits;
}

/** One request; about every second event is a copy of one that was sent before. */
async function send(random: SeededRandom, originals: Original[]): Promise<void> {
  const now = app.sim.clock.now();
  const batch = Array.from({ length: 1 + random.below(6) }, () => {
    const fresh = originals.filter(({ sent_at }) => now - sent_at < RESENT_MS_MAX);
    const again = fresh[random.below(fresh.length * 2)];
    const original = again ?? { messageId: messageId(random, now), sent_at: now };
    if (again === undefined) originals.push(original);
    return {
      type: random.below(3) === 0 ? 'page' : 'track',
      name: 'Home',
      event: 'Clicked',
      messageId: original.messageId,
      userId: USERS[random.below(USERS.length)],
      timestamp: new Date(now - random.below(9 * 24 * 60) * MINUTE_MS).toISOString(),
    };
  });
  // A clock that is hours wrong: the same time is corrected to another one.
  const skew = random.below(3) === 0 ? (random.below(48) - 24) * HOUR_MS : 0;
  const body = JSON.stringify({ batch, sentAt: new Date(now + skew).toISOString() });
  const answer = await app.post('/v1/batch', body, { 'x-write-key': KEYS.shop });
  expect(answer.status).toBe(200);
}

/** Winners as every view must have them: user, time and identity, and the stamp that says which copy it is. */
function expected(): string[] {
  return winners(app.rows())
    .map(
      (row) => `${row.user_key} ${label(row.timestamp, row.source, row.message_id)} ${row.pack_id} ${row.pack_index}`,
    )
    .sort();
}

async function inEvents(): Promise<string[]> {
  const rows = await app.select(
    `select concat_ws(' ', user_key, epoch_ms("timestamp"), source, message_id, pack_id, pack_index) from events`,
  );
  return rows.map(String).sort();
}

async function inTable(): Promise<string[]> {
  const lines: string[] = [];
  for (const { key } of await filesOf(app.ports)) {
    for await (const rows of readRows(app.ports.lake, key)) {
      for (const row of rows) {
        lines.push(
          `${row.user_key} ${label(row.timestamp, row.source, row.message_id)} ${row.pack_id} ${row.pack_index}`,
        );
      }
    }
  }
  return lines.sort();
}

it.each([1, 2])('hot index, events and table agree on the winner of copies: seed %i', async (seed) => {
  app = await openJoined({ seed, config: { compact_bytes: 1 } });
  const random = seededRandom(seed);
  const originals: Original[] = [];
  let [copies, replaced] = [0, 0];
  const compact = async (): Promise<void> => {
    const { compaction } = await app.central();
    copies += compaction.copies;
    replaced += compaction.files_removed;
    expect(await inEvents()).toEqual(expected());
  };
  for (let request = 1; request <= REQUESTS; request += 1) {
    await app.sim.clock.advance(1 + random.below(random.below(2) === 0 ? 20 * MINUTE_MS : 16 * HOUR_MS));
    await send(random, originals);
    // What is not delivered waits, for days at times, while later packs overtake it.
    if (random.below(3) === 0) app.sim.queue.shuffle(random);
    if (random.below(2) === 0)
      await app.deliver(1 + random.below(4), random.below(5) === 0 ? 'killed before ack' : undefined);
    if (request % 12 === 0) await compact();
  }
  app.sim.queue.redeliver();
  app.sim.queue.shuffle(random);
  await app.drain(() => 1 + random.below(4));
  expect(await inEvents()).toEqual(expected());
  await compact();
  expect(await inTable()).toEqual(expected());
  for (const user of USERS)
    expect(await timelineOf(app, user)).toEqual(modelTimeline(app.rows(), { ...EVERYTHING, user }));
  const { snapshot } = await openLog(app.ports.lake);
  expect(snapshot.identities).not.toBeNull();
  expect([copies > 30, replaced > 3]).toEqual([true, true]);
});
