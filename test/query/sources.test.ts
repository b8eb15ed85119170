/** When each source was heard last. */
import { expect, test } from 'vitest';
import type { Database } from '../../platform/ports.ts';
import { finishRebuild, startRebuild, writeToSlot } from '../../query/index/rebuild.ts';
import { writeRows } from '../../query/index/write.ts';
import { readLastSeen } from '../../query/resolve/last-seen.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { openService } from './serve.support.ts';
import { makeRow, openIndex, pack, T0 } from './support.ts';

const at = (received_at: number, columns: Partial<EventRow> = {}): EventRow =>
  makeRow({ message_id: `m${received_at}`, pack_id: pack(1), received_at, ...columns });

async function lastSeen(index: Database, source = 'web'): Promise<number | null> {
  return (await readLastSeen(index, [source]))[0] ?? null;
}

async function rebuild(index: Database, rows: readonly EventRow[]): Promise<void> {
  const started = await startRebuild(index);
  await writeToSlot(index, started, rows);
  await finishRebuild(index, started);
}

test('it is the arrival of the newest event, in whatever order batches come, and never goes back', async () => {
  const index = openIndex();
  expect(await lastSeen(index)).toBeNull();
  await writeRows(index, [at(T0 + 5), at(T0 + 9), at(T0 + 7)]);
  await writeRows(index, [at(T0 + 3)]);
  await writeRows(index, [at(T0 + 8), at(T0 + 99, { source: 'app' })]);
  expect(await lastSeen(index)).toBe(T0 + 9);
  expect(await readLastSeen(index, ['nobody', 'app', 'web'])).toEqual([null, T0 + 99, T0 + 9]);
});

test('refused events do not count, and what takes an event back does', async () => {
  const index = openIndex();
  await writeRows(index, [at(T0, { verdict: 'rejected', type: 'failed', user_key: '' })]);
  expect(await lastSeen(index)).toBeNull();
  await writeRows(index, [at(T0 + 1, { type: 'retraction', timestamp: 0, name: 'web', previous_id: 'm1' })]);
  expect(await lastSeen(index)).toBe(T0 + 1);
});

test('a rebuild gives the same, also where compaction has left out the copy that came last', async () => {
  const [first, copy] = [at(T0 + 1, { message_id: 'same' }), at(T0 + 9, { message_id: 'same' })];
  const index = openIndex();
  await writeRows(index, [first, copy]);
  await rebuild(index, [first]);
  expect(await lastSeen(index)).toBe(T0 + 9);
  const anew = openIndex();
  await rebuild(anew, [copy, first]);
  expect(await lastSeen(anew)).toBe(T0 + 9);
});

test('what comes while a rebuild runs counts, and a rebuild that is given up takes nothing back', async () => {
  const index = openIndex();
  const started = await startRebuild(index);
  await writeRows(index, [at(T0 + 5)]);
  await writeToSlot(index, started, [at(T0 + 1)]);
  expect(await lastSeen(index)).toBe(T0 + 5);
  await startRebuild(index);
  expect(await lastSeen(index)).toBe(T0 + 5);
});

test('it is written with its batch or not at all', async () => {
  const index = openIndex();
  index.execute("create trigger full before insert on traits_a begin select raise(abort, 'disk full'); end");
  await expect(writeRows(index, [at(T0, { type: 'identify', traits: '{}' })])).rejects.toThrow('disk full');
  expect(await lastSeen(index)).toBeNull();
});

test('sources say it over GraphQL, in one reading, and null where nothing came', async () => {
  const source = (name: string) => ({ name, keys: [] });
  const service = await openService({ listSources: async () => ['app', 'quiet', 'web'].map(source) });
  await writeRows(service.index, [at(T0 + 5), at(T0 + 7, { source: 'app' })]);
  expect((await service.ask('{ sources { name lastSeen } }')).data).toEqual({
    sources: [
      { name: 'app', lastSeen: new Date(T0 + 7).toISOString() },
      { name: 'quiet', lastSeen: null },
      { name: 'web', lastSeen: new Date(T0 + 5).toISOString() },
    ],
  });
});
