/** `bun run bench timeline-cold`: a month of one user out of the files of the timeline, against DuckDB over the table. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { tableFiles } from '../../../lakehouse/catalog/files.ts';
import { loadSnapshot } from '../../../lakehouse/catalog/store.ts';
import { pathList } from '../../../lakehouse/sql/columns.ts';
import { allRows, asNumber, asText, type DuckDB, literal, openDuckDB } from '../../../lakehouse/sql/duckdb.ts';
import { buildTimeline } from '../../../lakehouse/timeline/build.ts';
import { newestTimeline } from '../../../lakehouse/timeline/store.ts';
import { type Lake, openLake } from '../../../platform/bun/lake.ts';
import { applyMigrations } from '../../../platform/bun/migrations.ts';
import { sqliteDatabase } from '../../../platform/bun/sqlite-database.ts';
import { systemClock, systemRandom } from '../../../platform/bun/system.ts';
import type { Database } from '../../../platform/ports.ts';
import { readTimeline } from '../../../query/resolve/timeline.ts';
import { TimelineFiles } from '../../../query/timeline/files.ts';
import { parseConfig } from '../../../schemas/config.ts';
import { ROOT } from '../../tidy/source.ts';
import { quantile, whole } from '../support/numbers.ts';
import { positive, print, say } from '../support/output.ts';
import { countedStore, type Reads } from './counted.ts';

const DAY_MS = 86_400_000;
const FIRST = 1_000;
const BARS = {
  cold: { requests: 14, bytes: 1_500_000 },
  warm: { requests: 6, bytes: 512 * 1_024 },
  p50_ms: 30,
} as const;

interface Options {
  users: number;
  days: number;
  folder: string;
  anew?: true;
  small?: true;
}

await new Command('timeline-cold')
  .description('Read a month of one user out of the lake that "bench:lake --keep" left')
  .option('--users <count>', 'how many are asked for', positive, 200)
  .option('--days <count>', 'how far back', positive, 30)
  .option('--folder <path>', 'where the lake is', join(ROOT, 'node_modules', '.cache', 'inlet-bench', 'lake'))
  .option('--anew', 'make the timeline again, and say how long that takes')
  .option('--small', 'ask for few users, of whatever lake is there; a missed bar is no failure')
  .action(async (options: Options) => {
    if (!existsSync(options.folder)) {
      say(`There is no lake in ${options.folder}: make one with "bun run bench:lake --keep".`);
      if (!options.small) process.exitCode = 1;
      return;
    }
    const passed = await bench({ ...options, users: options.small ? 10 : options.users });
    if (!passed && !options.small) process.exitCode = 1;
  })
  .parseAsync();

interface Question {
  readonly user: string;
  readonly from: number;
}

interface Answered extends Reads {
  readonly milliseconds: number;
  readonly events: number;
  readonly checksum: string;
}

async function bench({ users, days, folder, anew }: Options): Promise<boolean> {
  const config = parseConfig({ INLET_DATA_DIR: folder });
  const lake = openLake(config);
  const ports = { ...lake, clock: systemClock, random: systemRandom, config: { grace_minutes: 1 } };
  const started = performance.now();
  const built = await buildTimeline(ports, anew ? 'anew' : 'now');
  const build_seconds = (performance.now() - started) / 1_000;
  const timeline = await newestTimeline(lake.lake);
  const rows = (timeline?.runs ?? []).reduce((sum, run) => sum + run.rows, 0);
  const bytes = (timeline?.runs ?? []).flatMap(({ files }) => files).reduce((sum, file) => sum + file.bytes, 0);
  say(`${whole(rows)} rows in ${timeline?.runs.length} runs; the build took ${build_seconds.toFixed(1)} s`);

  const index = sqliteDatabase(':memory:');
  await applyMigrations(index, 'hot-index');
  // Everything has left it.
  index.execute(`update index_state set dropped_newest = ${Number.MAX_SAFE_INTEGER}`);
  const duckdb = await openDuckDB(lake.files);
  try {
    const questions = await chooseUsers(duckdb, lake, users, days);
    const askDuckDB = await openTable(duckdb, lake, questions);
    const answers: Record<'cold' | 'warm' | 'duckdb', Answered[]> = { cold: [], warm: [], duckdb: [] };
    for (const question of questions) {
      const reads = { requests: 0, bytes: 0 };
      const files = new TimelineFiles({ lake: countedStore(lake.lake, reads), clock: systemClock });
      for (const name of ['cold', 'warm'] as const) {
        answers[name].push(await measure(reads, () => askTimeline(index, files, question)));
      }
      answers.duckdb.push(await measure({ requests: 0, bytes: 0 }, () => askDuckDB(question)));
      const [cold, warm, other] = [answers.cold.at(-1), answers.warm.at(-1), answers.duckdb.at(-1)];
      if (cold?.checksum !== other?.checksum || warm?.checksum !== other?.checksum) {
        throw new Error(`${question.user}: ${cold?.events} events, ${other?.events} say DuckDB`);
      }
    }
    return report(answers, { rows, bytes, runs: timeline?.runs.length ?? 0, build_seconds, built, days });
  } finally {
    await duckdb.close();
    index.close();
  }
}

/** Users as they come, by their last events. */
async function chooseUsers({ connection }: DuckDB, lake: Lake, count: number, days: number): Promise<Question[]> {
  const snapshot = await loadSnapshot(lake.lake);
  const files = await tableFiles(lake.lake, snapshot);
  const last =
    files
      .map(({ date }) => date)
      .sort()
      .at(-1) ?? '';
  const recent = files.filter(({ date, type }) => date === last && type !== 'failed').map(({ key }) => key);
  const pinned = await lake.files.pin(recent);
  const rows = await allRows(
    connection,
    `select user_key, epoch_ms(max("timestamp") over ()) as newest from read_parquet(${pathList(pinned.paths)})
     order by hash(user_key) limit ${count}`,
  );
  return rows.map(({ user_key, newest }) => ({ user: asText(user_key), from: asNumber(newest) - days * DAY_MS }));
}

async function openTable({ connection }: DuckDB, lake: Lake, questions: readonly Question[]) {
  const from = new Date(Math.min(...questions.map((question) => question.from))).toISOString().slice(0, 10);
  const files = await tableFiles(lake.lake, await loadSnapshot(lake.lake), { days: { from, to: '9999-12-31' } });
  const { paths } = await lake.files.pin(files.filter(({ type }) => type !== 'failed').map(({ key }) => key));
  await connection.run('set parquet_metadata_cache = true');
  return async ({ user, from: since }: Question): Promise<string[]> => {
    const rows = await allRows(
      connection,
      `select message_id, source, type, event, epoch_ms("timestamp") as at, properties, traits, context
       from read_parquet(${pathList(paths)})
       where user_key = ${literal(user)} and "timestamp" >= make_timestamptz(${since}::BIGINT * 1000)
       order by "timestamp" desc, source, message_id`,
    );
    return rows.map(({ message_id }) => asText(message_id));
  };
}

async function askTimeline(index: Database, files: TimelineFiles, { user, from }: Question): Promise<string[]> {
  const ids: string[] = [];
  const query = { users: [user], from, to: null, types: null, events: null, sources: null, where: null, first: FIRST };
  for (let after: string | null = null; ; ) {
    const page = await readTimeline(index, { ...query, order: 'newest', after }, async () => 0, files);
    ids.push(...page.edges.map(({ event }) => event.messageId));
    if (!page.hasNextPage) return ids;
    after = page.endCursor;
  }
}

async function measure(reads: Reads, ask: () => Promise<string[]>): Promise<Answered> {
  const before = { ...reads };
  const started = performance.now();
  const ids = await ask();
  const milliseconds = performance.now() - started;
  const checksum = createHash('sha256').update(ids.join('\n')).digest('hex');
  const [requests, bytes] = [reads.requests - before.requests, reads.bytes - before.bytes];
  return { milliseconds, events: ids.length, checksum, requests, bytes };
}

function report(answers: Record<'cold' | 'warm' | 'duckdb', readonly Answered[]>, figures: object): boolean {
  const of = (name: keyof typeof answers, figure: 'milliseconds' | 'requests' | 'bytes' | 'events', share: number) =>
    quantile(
      answers[name].map((answer) => answer[figure]),
      share,
    );
  const meets = (name: 'cold' | 'warm'): boolean =>
    of(name, 'requests', 1) <= BARS[name].requests && of(name, 'bytes', 1) <= BARS[name].bytes;
  const isFast = of('cold', 'milliseconds', 0.5) < Math.min(BARS.p50_ms, of('duckdb', 'milliseconds', 0.5));
  const verdict = (passed: boolean): string => (passed ? 'passed' : 'MISSED');
  const line = (name: keyof typeof answers, bar: string): string[] => [
    name,
    `${of(name, 'milliseconds', 0.5).toFixed(1)} / ${of(name, 'milliseconds', 0.99).toFixed(1)}`,
    name === 'duckdb' ? '' : `${of(name, 'requests', 0.5)} / ${of(name, 'requests', 1)}`,
    name === 'duckdb' ? '' : `${whole(of(name, 'bytes', 0.5))} / ${whole(of(name, 'bytes', 1))}`,
    bar,
  ];
  print(
    ['', 'ms, p50 / p99', 'requests, p50 / most', 'bytes, p50 / most', 'bar'],
    [
      line('cold', `14 requests, 1.5 MB: ${verdict(meets('cold'))}; p50 30 ms and DuckDB: ${verdict(isFast)}`),
      line('warm', `6 requests, 512 KB: ${verdict(meets('warm'))}`),
      line('duckdb', ''),
    ],
    {
      bench: 'timeline-cold',
      users: answers.cold.length,
      events: { p50: of('cold', 'events', 0.5), most: of('cold', 'events', 1) },
      ...figures,
      ...Object.fromEntries(
        (['cold', 'warm', 'duckdb'] as const).map((name) => [
          name,
          {
            p50_ms: of(name, 'milliseconds', 0.5),
            p99_ms: of(name, 'milliseconds', 0.99),
            requests_most: of(name, 'requests', 1),
            bytes_most: of(name, 'bytes', 1),
          },
        ]),
      ),
      passed: meets('cold') && meets('warm') && isFast,
    },
  );
  return meets('cold') && meets('warm') && isFast;
}
