/** `bun test/bars/workerd.ts`: the Worker in workerd, with the largest packs, pages and files there are, within 128 MB. */
import { Command } from 'commander';
import { encodePack } from '../../edge/enqueue/pack.ts';
import { requestRebuild } from '../../platform/app/tend.ts';
import { zstdCompressor } from '../../platform/bun/system.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import { PACK_FORMAT, type PackHeader, packId } from '../../schemas/pack.ts';
import { positive } from '../bench/support/output.ts';
import { append, compact, type TestLake, testLake } from '../lakehouse/lake.ts';
import { event } from '../lakehouse/rows.ts';
import { startWorkerd, type Workerd } from '../support/workerd.ts';
import { build } from '../timeline/world.ts';
import { type Inspector, openInspector } from './support/inspector.ts';
import { childNamed, peakBytes } from './support/memory.ts';
import { bar, conclude, type Figure, information } from './support/result.ts';

/** Of an isolate on Cloudflare. */
const LIMIT_MB = 128;
/** Events of 32 KB fill a pack of 512 KB; so do so many of 200 bytes. */
const LARGE = { events: 15, bytes: 32_000 };
const SMALL = { events: 2_400, bytes: 80 };
const BATCH_PACKS = 20;
const POLL_MS = 3;
const DAY_MS = 86_400_000;

const PRODUCTS = `{ user(id: "small-1") { profile { name traits } products(first: 100) { nodes { id name views
  chat { posts { text } } sales { price } } } } }`;
const REPORT = '{ reports(name: "events_by_day", from: "2026-03-01", to: "2026-04-30") { rows } }';

interface Peak {
  heap: number;
  buffers: number;
  sum: number;
}

await new Command('workerd')
  .description('Fill a Worker and ask it, with the heap of its isolate limited to that of Cloudflare')
  .option('--rounds <count>', 'how often each question', positive, 20)
  .option('--connections <count>', 'questions at a time', positive, 4)
  .action(async (options: { rounds: number; connections: number }) => {
    const lake = testLake();
    const workerd = await startWorkerd({ inspector: true, heap_mb_max: LIMIT_MB });
    try {
      await measure(lake, workerd, options);
    } finally {
      await workerd.stop();
      lake.close();
    }
  })
  .parseAsync();

async function measure(lake: TestLake, workerd: Workerd, options: { rounds: number; connections: number }) {
  const inspector = await openInspector(await workerd.inspector());
  const pid = childNamed('workerd');
  const wake = () => ask(workerd, '{ __typename }', 'Query');
  await wake();
  await inspector.collectGarbage(wake);
  const idle = await inspector.usage();
  const idleBytes = peakBytes(pid, true);
  const figures: Figure[] = [
    information('idle: heap, buffers, process, MB', [idle.heap, idle.buffers, idleBytes].map(megabytes).join(', ')),
  ];
  const watched = async (name: string, work: () => Promise<void>): Promise<void> => {
    const peak = await watch(inspector, work);
    await inspector.collectGarbage(wake);
    const after = await inspector.usage();
    const text = [peak.heap, peak.buffers, peak.sum].map(megabytes).join(', ');
    figures.push(
      bar(`${name}: heap, buffers, both at once, MB`, text, `less than ${LIMIT_MB}`, peak.sum < LIMIT_MB * 1_048_576),
      information(`${name}: held afterwards, MB`, megabytes(after.heap + after.buffers)),
    );
  };

  // First: a Worker that finds no files looks for them again after half a minute.
  await moveToFiles(lake, workerd);
  const packs = packsOf();
  await watched('batches of 20 packs of large events', async () => {
    for (let batch = 0; batch < 3; batch += 1) await workerd.deliver(packs(LARGE));
  });
  await watched('batches of 48,000 small events', async () => {
    for (let batch = 0; batch < 2; batch += 1) await workerd.deliver(packs(SMALL));
  });
  const page = (user: string, first: number): string =>
    `{ user(id: "${user}") { events(first: ${first}) { nodes { messageId properties } pageInfo { hasNextPage } } } }`;
  const many = (query: string, wanted: string) => async () => {
    const queue = Array.from({ length: options.rounds }, () => query).values();
    await Promise.all(
      Array.from({ length: options.connections }, async () => {
        for (const one of queue) await ask(workerd, one, wanted);
      }),
    );
  };
  await watched('hot pages of 50 small events', many(page('small-1', 50), 'messageId'));
  await watched('hot pages of 1,000 large events', many(page('large-1', 1_000), 'messageId'));
  await watched('products and profile', many(PRODUCTS, 'views'));
  await watched('failed events', many('{ failedEvents(first: 100) { nodes { body } } }', 'nodes'));

  await watched('cold pages of 50 small events', many(page('cold-small', 50), 'messageId'));
  await watched('cold pages of 1,000 large events', many(page('cold-1', 1_000), 'messageId'));
  await watched('reports', many(REPORT, 'rows'));
  await watched('a rebuild of the index', async () => {
    await requestRebuild(workerd.lake);
    // Miniflare's proxy hangs up after five seconds; the Worker goes on.
    await workerd.runCron().catch(() => {});
    while ((await workerd.lake.head('requests/rebuild')) !== null) await Bun.sleep(200);
  });
  const peakProcess = peakBytes(pid, false);
  inspector.close();
  figures.push(
    information('peak of the process, stores included, less idle, MB', megabytes(peakProcess - idleBytes)),
    information('heap limit of each isolate, by V8, MB', String(LIMIT_MB)),
  );
  conclude('workerd', figures, { ...options, idle, idleBytes, peakProcess });
}

/** @returns makes a batch of packs, each as full as may be */
function packsOf(): (of: typeof LARGE) => Uint8Array[] {
  const random = seededRandom(1);
  let made = 0;
  return ({ events, bytes }) =>
    Array.from({ length: BATCH_PACKS }, () => {
      made += 1;
      const number = made;
      const batch = Array.from({ length: events }, (_, place) => ({
        type: 'track',
        event: 'Product Viewed',
        userId: bytes > 1_000 ? `large-${place % 2}` : `small-${place % 100}`,
        messageId: `m-${number}-${place}`,
        properties: { product_id: `p${place % 300}`, text: random.hex(64).repeat(bytes / 64) },
      }));
      const body = new TextEncoder().encode(JSON.stringify({ batch }));
      const part = { bytes: body.length, form: 'batch', count: events, source: 'web', receivedAt: Date.now() } as const;
      const header: PackHeader = {
        format: PACK_FORMAT,
        id: packId('0'.repeat(15), number),
        accepted: events,
        rejected: 0,
      };
      return encodePack({ header, parts: [{ header: part, body }] }, zstdCompressor);
    });
}

/** Timelines of large and small events in files alone: the index says that all from before has left. */
async function moveToFiles(lake: TestLake, workerd: Workerd): Promise<void> {
  const random = seededRandom(2);
  for (let pack = 0; pack < 4; pack += 1) {
    const rows = Array.from({ length: 500 }, (_, place) => {
      const isSmall = place % 2 === 0;
      return event({
        ...{ user_id: isSmall ? 'cold-small' : `cold-${place % 4}`, message_id: `c-${pack}-${place}` },
        ...{
          pack_id: packId('c'.repeat(15), pack),
          pack_index: place,
          timestamp: Date.UTC(2026, 2, 1) + pack * DAY_MS,
        },
        properties: JSON.stringify({ text: random.hex(64).repeat(isSmall ? 1 : LARGE.bytes / 64) }),
      });
    });
    await append(lake, [rows]);
    await compact(lake);
    await build(lake);
  }
  for (const { key } of (await lake.lake.list({ prefix: 'timeline/' })).objects) {
    await workerd.lake.put(key, new Uint8Array((await (await lake.lake.get(key))?.arrayBuffer()) ?? []));
  }
  await workerd.index
    .prepare('update index_state set dropped_newest = ?')
    .bind(Date.UTC(2026, 5, 1))
    .run();
}

/** What the isolate held at most meanwhile, garbage that was not collected yet included. */
async function watch(inspector: Inspector, work: () => Promise<void>): Promise<Peak> {
  const peak: Peak = { heap: 0, buffers: 0, sum: 0 };
  let isOver = false;
  const poll = async (): Promise<void> => {
    while (!isOver) {
      const { heap, buffers } = await inspector.usage();
      peak.heap = Math.max(peak.heap, heap);
      peak.buffers = Math.max(peak.buffers, buffers);
      peak.sum = Math.max(peak.sum, heap + buffers);
      await Bun.sleep(POLL_MS);
    }
  };
  const polling = poll();
  try {
    await work();
  } finally {
    isOver = true;
  }
  await polling;
  return peak;
}

/** @param wanted what the answer must have in it */
async function ask({ url, readToken }: Workerd, query: string, wanted: string): Promise<void> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${readToken}` },
    body: JSON.stringify({ query }),
  });
  const text = await response.text();
  if (!text.includes(wanted) || text.includes('"errors"')) throw new Error(`${response.status} ${text.slice(0, 500)}`);
}

function megabytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(0);
}
