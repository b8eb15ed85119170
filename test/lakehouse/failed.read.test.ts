/** Failed events out of segments and table, page by page. */
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { type FailedEvent, type FailedQuery, readFailedEvents } from '../../lakehouse/failed/read.ts';
import type { ObjectStore } from '../../platform/ports.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { FAILED_TYPE } from '../../schemas/event.ts';
import { makeRow, pack } from '../query/support.ts';
import { append, compact, type TestLake, testLake } from './lake.ts';
import { START } from './rows.ts';

const MINUTE_MS = 60_000;
const WEEK = { from: START - 7 * 24 * 60 * MINUTE_MS, to: START + 60 * MINUTE_MS };
const ALL: FailedQuery = { ...WEEK, codes: null, sources: null, first: 100, after: null };

const lakes: TestLake[] = [];
afterEach(() => {
  for (const lake of lakes.splice(0)) lake.close();
});

function open(wrap?: (store: ObjectStore) => ObjectStore): TestLake {
  const lake = testLake(wrap);
  lakes.push(lake);
  return lake;
}

/** @param at minutes before the start */
function failedRow(number: number, at: number, overrides: Partial<EventRow> = {}): EventRow {
  const receivedAt = START - at * MINUTE_MS;
  return makeRow({
    ...{ type: FAILED_TYPE, event: null, user_id: null, user_key: '', message_id: `${pack(number)}/0` },
    ...{ timestamp: receivedAt, received_at: receivedAt, pack_id: pack(number), verdict: 'rejected' },
    ...{ verdict_code: 'type_missing', body: `{"number":${number}}`, body_bytes: 12, ...overrides },
  });
}

function goodRow(number: number, at: number): EventRow {
  const receivedAt = START - at * MINUTE_MS;
  return makeRow({
    ...{ message_id: `good-${number}`, user_key: `user-${number}`, pack_id: pack(1_000 + number) },
    ...{ timestamp: receivedAt, received_at: receivedAt },
  });
}

/** All pages, one after the other. @param between is run after each page */
async function allPages(lake: TestLake, query: FailedQuery, between = async () => {}): Promise<FailedEvent[]> {
  const events: FailedEvent[] = [];
  let after = query.after;
  for (let page = 0; page < 100; page += 1) {
    const { events: some, next } = await readFailedEvents(lake.lake, { ...query, after });
    events.push(...some);
    if (next === null) return events;
    after = next;
    await between();
  }
  throw new Error('it never ends');
}

test('those of segments and of the table come in one order, with what was sent', async () => {
  const lake = open();
  await append(lake, [[failedRow(1, 30), goodRow(1, 30), failedRow(2, 20, { source: 'app', body_sha256: 'abc' })]]);
  await compact(lake);
  await append(lake, [[failedRow(3, 25), goodRow(2, 25)]]);
  const { events, next } = await readFailedEvents(lake.lake, ALL);
  expect(next).toBeNull();
  expect(events).toEqual([
    expect.objectContaining({ packId: pack(2), source: 'app', body: '{"number":2}', bytes: 12, sha256: 'abc' }),
    expect.objectContaining({ packId: pack(3), source: 'web', code: 'type_missing', sha256: null }),
    expect.objectContaining({ packId: pack(1), receivedAt: START - 30 * MINUTE_MS, packIndex: 0 }),
  ]);
});

test('of some codes, sources and times', async () => {
  const lake = open();
  await append(lake, [
    [failedRow(1, 30), failedRow(2, 20, { source: 'app' }), failedRow(3, 10, { verdict_code: 'event_too_large' })],
  ]);
  const found = async (filters: Partial<FailedQuery>) =>
    (await readFailedEvents(lake.lake, { ...ALL, ...filters })).events.map(({ packId }) => packId);
  expect(await found({ codes: ['event_too_large'] })).toEqual([pack(3)]);
  expect(await found({ sources: ['app'] })).toEqual([pack(2)]);
  expect(await found({ from: START - 20 * MINUTE_MS })).toEqual([pack(3), pack(2)]);
  expect(await found({ to: START - 10 * MINUTE_MS })).toEqual([pack(2), pack(1)]);
});

test('every one comes once on some page, however packs lie in files, and while the table takes them in', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ at: fc.integer({ min: 0, max: 30 }), segment: fc.integer({ min: 0, max: 3 }) }), {
        minLength: 1,
        maxLength: 24,
      }),
      fc.integer({ min: 1, max: 7 }),
      fc.boolean(),
      async (sent, first, copies) => {
        const lake = open();
        const rows = sent.map(({ at }, number) => failedRow(number, at));
        const segments = Map.groupBy(rows, (_, index) => sent[index]?.segment ?? 0);
        for (const [number, some] of segments) await append(lake, [some, [goodRow(number, 5)]]);
        // A pack that was delivered again is in another segment too.
        if (copies) await append(lake, [rows.slice(0, 5), [goodRow(9, 5)]]);
        let pages = 0;
        const events = await allPages(lake, { ...ALL, first }, async () => {
          pages += 1;
          if (pages === 1) await compact(lake);
        });
        const expected = rows.toSorted((a, b) => b.received_at - a.received_at || (a.pack_id < b.pack_id ? 1 : -1));
        expect(events.map(({ packId }) => packId)).toEqual(expected.map(({ pack_id }) => pack_id));
        expect(events.map(({ body }) => body)).toEqual(expected.map(({ body }) => body));
      },
    ),
    { numRuns: 12 },
  );
});

test('a file without failed events is opened once, and no more', async () => {
  let reads = 0;
  const lake = open((store) => ({
    ...store,
    get: (key, options) => {
      if (key.startsWith('segments/')) reads += 1;
      return store.get(key, options);
    },
  }));
  for (let number = 0; number < 10; number += 1) await append(lake, [[goodRow(number, 5)]]);
  await readFailedEvents(lake.lake, ALL);
  expect(reads).toBe(10);
  await readFailedEvents(lake.lake, ALL);
  expect(reads).toBe(10);
});
