import { join } from 'node:path';
import { expect, it } from 'vitest';
import { appendSegment } from '../../lakehouse/append/append.ts';
import { loadSnapshot } from '../../lakehouse/catalog/store.ts';
import { centralMetrics, keepCentral } from '../../platform/app/central.ts';
import { markForReindex } from '../../platform/app/reindex.ts';
import { folderStore } from '../../platform/bun/folder-store.ts';
import { folderFiles } from '../../platform/bun/local-files.ts';
import { systemClock, systemRandom, zstdCompressor } from '../../platform/bun/system.ts';
import type { Database } from '../../platform/ports.ts';
import { parseConfig } from '../../schemas/config.ts';
import { makeRow } from '../query/support.ts';
import { temporaryFolder } from '../support/inlet.ts';

const AWAY: Database = {
  prepare: () => {
    throw new Error('away');
  },
  batch: () => Promise.reject(new Error('away')),
};

it('an index that is away does not keep the log from being compacted', async () => {
  const folder = temporaryFolder('central');
  const root = join(folder.path, 'lake');
  const lake = folderStore(root);
  const row = makeRow({ properties: JSON.stringify({ text: noise(200_000) }) });
  const segment = await appendSegment(lake, [row], [row.pack_id], zstdCompressor);
  await markForReindex(lake, segment, row.received_at, 'away');

  const stopping = new AbortController();
  const metrics = centralMetrics();
  const problems: string[] = [];
  const running = keepCentral(
    {
      lake,
      files: folderFiles(root, join(folder.path, 'scratch')),
      index: AWAY,
      clock: systemClock,
      random: systemRandom,
      lake_uri: 'file:///lake',
    },
    parseConfig({ INLET_COMPACT_BYTES: '65536' }),
    { signal: stopping.signal, metrics, report: (problem) => problems.push(problem) },
  );
  while (metrics.compactions === 0) await systemClock.sleep(10);
  stopping.abort();
  await running;

  expect((await loadSnapshot(lake)).totals.files).toBe(1);
  expect(problems).toEqual([expect.stringContaining('away')]);
  folder.remove();
});

/** Text that hardly compresses, so that one segment is worth a compaction. */
function noise(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return String.fromCharCode(33 + (state % 90));
  }).join('');
}
