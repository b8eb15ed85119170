import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Database } from '../../platform/ports.ts';
import { finishRebuild, startRebuild, writeToSlot } from '../../query/index/rebuild.ts';
import { writeRows } from '../../query/index/write.ts';
import { readTimeline } from '../../query/resolve/timeline.ts';
import type { EventRow } from '../../schemas/columns.ts';
import type { EventType } from '../../schemas/event.ts';
import { HOUR_MS, MINUTE_MS, makeRow, openIndex, pack, T0, WHOLE_TIMELINE } from '../query/support.ts';
import { label, modelTimeline, type Wanted } from './timeline.model.ts';

/** Ends the search for a smaller counterexample; a run without one ends long before. */
const TIME_LIMIT_MS = 15_000;

const USERS = ['ann', 'bob'];
const TYPES: EventType[] = ['track', 'page', 'identify'];
const NAMES = ['Viewed', 'Bought'];

/** Few identities, users and times, so that copies of all kinds meet. */
const rowArbitrary = fc.record({
  identity: fc.nat(120),
  source: fc.constantFrom('web', 'ios'),
  user: fc.constantFrom(...USERS, 'ann', 'ann'),
  minutes: fc.oneof(fc.nat(400), fc.nat(5)),
  received: fc.nat(5),
  pack: fc.oneof(fc.nat(250), fc.nat(12)),
  type: fc.constantFrom(...TYPES),
  name: fc.constantFrom(...NAMES),
  rejected: fc.integer({ min: 0, max: 20 }).map((chance) => chance === 0),
});

/** All packs there will ever be; a row is immutable once it has its place in a pack. */
const packsArbitrary = fc.array(rowArbitrary, { minLength: 0, maxLength: 400, size: 'max' }).map((drafts) => {
  const packs = new Map<number, EventRow[]>();
  for (const draft of drafts) {
    const rows = packs.get(draft.pack) ?? [];
    packs.set(draft.pack, rows);
    rows.push(
      makeRow({
        message_id: `m${draft.identity}`,
        source: draft.source,
        type: draft.type,
        event: draft.type === 'track' ? draft.name : null,
        user_key: draft.user,
        timestamp: T0 + draft.minutes * MINUTE_MS,
        received_at: T0 + 10 * HOUR_MS + draft.received,
        pack_id: pack(draft.pack),
        pack_index: rows.length,
        verdict: draft.rejected ? 'rejected' : 'ok',
      }),
    );
  }
  return [...packs.values()];
});

const wantedArbitrary = fc.record({
  user: fc.constantFrom(...USERS),
  from: fc.option(fc.nat(400).map((minutes) => T0 + minutes * MINUTE_MS)),
  to: fc.option(fc.nat(400).map((minutes) => T0 + minutes * MINUTE_MS)),
  types: fc.option(fc.subarray(TYPES), { freq: 3 }),
  events: fc.option(fc.subarray(NAMES), { freq: 3 }),
});

async function readPage(
  database: Database,
  wanted: Wanted & { types: EventType[] | null },
  first: number,
  after: string | null,
) {
  const page = await readTimeline(
    database,
    { ...WHOLE_TIMELINE, ...wanted, users: [wanted.user], first, after },
    async () => T0,
  );
  return { ...page, labels: page.edges.map(({ event }) => label(event.timestamp, event.source, event.messageId)) };
}

/** Hands out rows of packs in the ways a queue and a log do: whole packs again, or any rows of them. */
function deliver(packs: readonly EventRow[][], choices: readonly number[]): EventRow[] {
  return choices.flatMap((choice) => {
    const rows = packs[choice % Math.max(1, packs.length)] ?? [];
    return choice % 3 === 0 ? rows.filter((_, index) => (choice >> (index % 8)) % 2 === 0) : rows;
  });
}

test('pages hold every event that was there on page one exactly once, whatever comes in between', async () => {
  await fc.assert(
    fc.asyncProperty(
      packsArbitrary,
      fc.array(fc.array(fc.nat(1_000), { maxLength: 60 }), { maxLength: 6, size: 'max' }),
      wantedArbitrary,
      fc.integer({ min: 1, max: 60 }),
      fc.nat(5),
      async (packs, deliveries, wanted, first, before) => {
        const database = openIndex();
        const delivered: EventRow[] = [];
        const write = async (choices: readonly number[]) => {
          const rows = deliver(packs, choices);
          await writeRows(database, rows);
          delivered.push(...rows);
        };
        for (const choices of deliveries.slice(0, before)) await write(choices);
        const expected = modelTimeline(delivered, wanted);

        const late = deliveries.slice(before);
        const seen: string[] = [];
        let after: string | null = null;
        for (;;) {
          const page: Awaited<ReturnType<typeof readPage>> = await readPage(database, wanted, first, after);
          expect(page.labels.length).toBeLessThanOrEqual(first);
          seen.push(...page.labels);
          if (!page.hasNextPage) break;
          expect(page.labels).toHaveLength(first);
          after = page.endCursor;
          const choices = late.shift();
          if (choices !== undefined) await write(choices);
        }
        expect(seen).toEqual(expected);
        database.close();
      },
    ),
    { numRuns: 250, interruptAfterTimeLimit: TIME_LIMIT_MS },
  );
});

test('a rebuild with writers at work gives the same answers, and cursors from before it go on', async () => {
  await fc.assert(
    fc.asyncProperty(
      packsArbitrary,
      fc.nat(60),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 50 }),
      async (packs, listed, portion, first) => {
        const database = openIndex();
        const wanted = { user: 'ann', from: null, to: null, types: null, events: null };
        const log = packs.slice(0, listed).flat();
        await writeRows(database, log);
        const expectedBefore = modelTimeline(log, wanted);
        const pageOne = await readPage(database, wanted, first, null);

        const rebuild = await startRebuild(database);
        const sorted = [...log].sort((a, b) => (a.user_key < b.user_key ? -1 : 1) || a.timestamp - b.timestamp);
        const live = packs.slice(listed);
        for (let start = 0; start < sorted.length; start += portion) {
          await writeToSlot(database, rebuild, sorted.slice(start, start + portion));
          await writeRows(database, live.shift() ?? []);
        }
        await finishRebuild(database, rebuild);
        const written = [...log, ...packs.slice(listed, packs.length - live.length).flat()];

        expect((await readPage(database, wanted, 1_000, null)).labels).toEqual(modelTimeline(written, wanted));
        if (pageOne.endCursor === null) return;
        const rest = await readPage(database, wanted, 1_000, pageOne.endCursor);
        expect([...pageOne.labels, ...rest.labels]).toEqual(expectedBefore);
        database.close();
      },
    ),
    { numRuns: 100, interruptAfterTimeLimit: TIME_LIMIT_MS },
  );
});
