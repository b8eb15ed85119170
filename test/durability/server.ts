/** The edge over a durable queue and nothing else, for the system-call trace. Arguments: folder, sync or nosync. */

import { createEdge } from '../../edge/app.ts';
import { groupCommit } from '../../edge/enqueue/group-commit.ts';
import { createEdgeMetrics } from '../../edge/metrics.ts';
import { createWriteKey } from '../../platform/app/keys.ts';
import { keyValue } from '../../platform/bun/key-value.ts';
import { applyMigrations } from '../../platform/bun/migrations.ts';
import { EmbeddedQueue } from '../../platform/bun/queue/queue.ts';
import { sqliteDatabase } from '../../platform/bun/sqlite-database.ts';
import {
  systemClock as clock,
  zstdCompressor as compressor,
  systemRandom as random,
} from '../../platform/bun/system.ts';
import { parseConfig } from '../../schemas/config.ts';

const [folder = '', mode = 'sync'] = process.argv.slice(2);
const control = sqliteDatabase(':memory:');
await applyMigrations(control, 'control');
const writeKey = await createWriteKey({ control, clock, random }, { source: 'trace', kind: 'public' });
const queue = await EmbeddedQueue.open(folder, {
  clock,
  queue_bytes_max: 100_000_000,
  disk_free_bytes_min: 0,
  report: () => {},
  sync: mode === 'sync',
});
const enqueue = groupCommit({ queue, random, compressor });
const app = createEdge({ enqueue, control, cache: keyValue(), clock }, parseConfig({}), createEdgeMetrics());
const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: (request) => app.fetch(request) });
process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.port}`, writeKey, pid: process.pid })}\n`);
process.on('SIGTERM', () => process.exit(0));
