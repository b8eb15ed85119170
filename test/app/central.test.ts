import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { appendSegment } from '../../lakehouse/append/append.ts';
import { loadSnapshot } from '../../lakehouse/catalog/store.ts';
import { lookAtLake } from '../../lakehouse/operate/look.ts';
import { lakeGauges } from '../../lakehouse/operate/status.ts';
import { newestTimeline } from '../../lakehouse/timeline/store.ts';
import { centralMetrics, keepCentral } from '../../platform/app/central.ts';
import { folderStore } from '../../platform/bun/folder-store.ts';
import { folderFiles } from '../../platform/bun/local-files.ts';
import { systemClock, systemRandom, zstdCompressor } from '../../platform/bun/system.ts';
import type { ObjectStore } from '../../platform/ports.ts';
import { parseConfig } from '../../schemas/config.ts';
import { packId } from '../../schemas/pack.ts';
import { makeRow } from '../query/support.ts';
import { temporaryFolder } from '../support/inlet.ts';

it('a failure does not end the central job: the next look compacts what waits', async () => {
  const folder = temporaryFolder('central');
  const root = join(folder.path, 'lake');
  const lake = folderStore(root);
  const row = makeRow({ properties: JSON.stringify({ text: noise(200_000) }) });
  await appendSegment(lake, [row], [row.pack_id], zstdCompressor);
  let failures = 1;
  const flaky: ObjectStore = {
    ...lake,
    list: (options) => (failures-- > 0 ? Promise.reject(new Error('away')) : lake.list(options)),
  };

  const stopping = new AbortController();
  const metrics = centralMetrics();
  const gauges: Record<string, number> = {};
  const problems: string[] = [];
  const running = keepCentral(
    {
      lake: flaky,
      files: folderFiles(root, join(folder.path, 'scratch')),
      clock: { now: () => Date.now(), sleep: () => systemClock.sleep(10) },
      random: systemRandom,
      lake_uri: 'file:///lake',
    },
    parseConfig({ INLET_COMPACT_BYTES: '65536' }),
    { signal: stopping.signal, metrics, gauges, report: (problem) => problems.push(problem), isBusy: () => false },
  );
  while (gauges.inlet_lake_files !== 1) await systemClock.sleep(10);
  stopping.abort();
  await running;

  expect((await loadSnapshot(lake)).totals.files).toBe(1);
  expect(problems).toEqual([expect.stringContaining('away')]);
  expect(metrics).toMatchObject({ compactions: 1, failures: 1 });
  expect(gauges).toEqual(lakeGauges(await lookAtLake(lake)));
  expect(gauges).toMatchObject({ inlet_lake_pending_segments: 0, inlet_lake_consumed_segments: 1 });
  folder.remove();
});

it('compaction waits while the consumer is busy, but not without end', async () => {
  const folder = temporaryFolder('central');
  const root = join(folder.path, 'lake');
  const lake = folderStore(root);
  const append = async (number: number, characters: number) => {
    const row = makeRow({ message_id: `m${number}`, properties: JSON.stringify({ text: noise(characters) }) });
    await appendSegment(lake, [row], [packId('0123456789abcde', number)], zstdCompressor);
  };
  const stopping = new AbortController();
  const metrics = centralMetrics();
  let busy = true;
  const running = keepCentral(
    {
      lake,
      files: folderFiles(root, join(folder.path, 'scratch')),
      clock: { now: () => Date.now(), sleep: () => systemClock.sleep(10) },
      random: systemRandom,
      lake_uri: 'file:///lake',
    },
    parseConfig({ INLET_COMPACT_BYTES: '65536' }),
    { signal: stopping.signal, metrics, gauges: {}, report: () => {}, isBusy: () => busy },
  );
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await systemClock.sleep(10);
  };
  await append(1, 200_000);
  await until(() => metrics.deferrals > 3);
  expect(metrics.compactions).toBe(0);
  busy = false;
  await until(() => metrics.compactions === 1);
  busy = true;
  // More than eight times what makes a run due.
  await append(2, 1_200_000);
  await until(() => metrics.compactions === 2);
  stopping.abort();
  await running;
  expect((await loadSnapshot(lake)).totals.rows).toBe(2);
  expect((await newestTimeline(lake))?.build).toBeGreaterThan(0);
  folder.remove();
});

it('a report that fails is told, and what the run did besides is counted and seen', async () => {
  const folder = temporaryFolder('central');
  const root = join(folder.path, 'lake');
  const lake = folderStore(root);
  const reports = join(folder.path, 'reports');
  mkdirSync(reports);
  writeFileSync(join(reports, 'broken.sql'), BROKEN_REPORT);
  const row = makeRow({ properties: JSON.stringify({ text: noise(200_000) }) });
  await appendSegment(lake, [row], [row.pack_id], zstdCompressor);
  const stopping = new AbortController();
  const metrics = centralMetrics();
  const gauges: Record<string, number> = {};
  const problems: string[] = [];
  const running = keepCentral(
    {
      lake,
      files: folderFiles(root, join(folder.path, 'scratch')),
      clock: { now: () => Date.now(), sleep: () => systemClock.sleep(10) },
      random: systemRandom,
      lake_uri: 'file:///lake',
    },
    parseConfig({ INLET_COMPACT_BYTES: '65536', INLET_REPORTS_DIR: reports }),
    { signal: stopping.signal, metrics, gauges, report: (problem) => problems.push(problem), isBusy: () => false },
  );
  while (problems.length === 0) await systemClock.sleep(10);
  stopping.abort();
  await running;
  expect(problems[0]).toContain('broken');
  expect(metrics).toMatchObject({ compactions: 1, compacted_events: 1, failures: 1 });
  expect(gauges).toMatchObject({ inlet_lake_files: 1, inlet_lake_pending_segments: 0 });
  folder.remove();
});

const BROKEN_REPORT = `-- name: broken
-- grain: one row a day
-- reach_days: 0
-- description: Fails when it is computed.
-- columns:
--   date    date     The day.
--   events  integer  None.
select getvariable('from') as date, error('boom')::BIGINT as events from report_events
`;

/** Text that hardly compresses, so that one segment is worth a compaction. */
function noise(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return String.fromCharCode(33 + (state % 90));
  }).join('');
}
