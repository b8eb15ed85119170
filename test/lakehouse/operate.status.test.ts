/** How the lake fares, against what was done to it and against the objects that are there. */
import { expect, test } from 'vitest';
import { expire } from '../../lakehouse/catalog/expire.ts';
import { tableFileKey } from '../../lakehouse/catalog/objects.ts';
import { lookAtLake } from '../../lakehouse/operate/look.ts';
import { lakeGauges } from '../../lakehouse/operate/status.ts';
import { packId } from '../../schemas/pack.ts';
import { append, CONFIG, compact, type TestLake } from './lake.ts';
import { openLake } from './open.ts';
import { event, START } from './rows.ts';

const HOUR_MS = 3_600_000;

async function bytesUnder({ lake }: TestLake, prefix: string): Promise<number> {
  return (await lake.list({ prefix })).objects.reduce((total, { size }) => total + size, 0);
}

function appendOne(lake: TestLake, number: number, timestamp = START): Promise<string> {
  return append(lake, [[event({ message_id: `m${number}`, timestamp, pack_id: packId('0123456789abcde', number) })]]);
}

test('an empty lake has nothing of anything', async () => {
  const { fullest, ...status } = await lookAtLake(openLake().lake);
  expect(fullest).toEqual([]);
  expect(new Set(Object.values(status))).toEqual(new Set([0, null]));
});

test('what waits, what is in the table and what is left over is counted, each once', async () => {
  const lake = openLake();
  await appendOne(lake, 1);
  await appendOne(lake, 2, START - 24 * HOUR_MS);
  await compact(lake);
  await appendOne(lake, 3);
  await compact(lake);
  await lake.clock.advance(HOUR_MS);
  await appendOne(lake, 4);
  await lake.clock.advance(60_000);
  await appendOne(lake, 5);
  const orphan = tableFileKey('2026-03-28', 'track', 'of-a-killed-writer');
  await lake.lake.put(orphan, 'rows');

  const status = await lookAtLake(lake.lake);
  expect(status).toMatchObject({
    snapshot: 2,
    committed_at: START,
    files: 3,
    rows: 3,
    partitions: 2,
    partition_files_max: 2,
    small_files: 2,
    snapshots: 2,
    manifests: 2,
    pending_segments: 2,
    oldest_pending: START + HOUR_MS,
    consumed_segments: 3,
    replaced_files: 0,
    orphan_files: 1,
    orphan_bytes: 4,
    fullest: [
      { date: '2026-03-28', type: 'track', files: 2 },
      { date: '2026-03-27', type: 'track', files: 1 },
    ],
  });
  expect(status.bytes + status.orphan_bytes).toBe(await bytesUnder(lake, 'table/data/'));
  expect(status.metadata_bytes).toBe(await bytesUnder(lake, 'table/metadata/'));
  expect(status.pending_bytes + status.consumed_bytes).toBe(await bytesUnder(lake, 'segments/'));
  expect(lakeGauges(status)).toMatchObject({
    inlet_lake_files: 3,
    inlet_lake_oldest_pending_seconds: (START + HOUR_MS) / 1_000,
  });
});

test('files that were replaced wait until their snapshots expire, orphans for the grace time; then both are gone', async () => {
  const lake = openLake();
  for (let number = 0; number < 12; number += 1) {
    await appendOne(lake, number);
    await compact(lake);
  }
  const before = await lookAtLake(lake.lake);
  expect(before).toMatchObject({ rows: 12, snapshots: 12, replaced_files: 7, orphan_files: 0, consumed_segments: 12 });
  expect(before.replaced_bytes + before.bytes).toBe(await bytesUnder(lake, 'table/data/'));

  await lake.clock.advance(48 * HOUR_MS);
  for (let number = 12; number < 24; number += 1) {
    await appendOne(lake, number);
    await compact(lake);
    await lake.clock.advance(60_000);
  }
  await lake.clock.advance(48 * HOUR_MS);
  await expire({ ...lake, config: CONFIG });
  const after = await lookAtLake(lake.lake);
  expect(after).toMatchObject({ rows: 24, snapshots: 10, orphan_files: 0 });
  expect(after.replaced_bytes + after.bytes).toBe(await bytesUnder(lake, 'table/data/'));
  expect(after.consumed_segments).toBeLessThan(24);
});
