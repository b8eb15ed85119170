/**
 * `bun test/bench/reports/run.ts`: what one more day costs the stored reports, after histories of several lengths, and
 * against that day alone.
 */
import { Command } from 'commander';
import { decodePack } from '../../../edge/enqueue/pack.ts';
import { expandPack } from '../../../edge/expand/expand.ts';
import { appendSegment } from '../../../lakehouse/append/append.ts';
import { runCompaction } from '../../../lakehouse/compact/run.ts';
import { DAY_MS } from '../../../lakehouse/report/days.ts';
import { REPORTS } from '../../../lakehouse/report/definitions.ts';
import { type ReportWork, storeReports } from '../../../lakehouse/report/store.ts';
import { openLake } from '../../../platform/bun/lake.ts';
import { systemClock, systemRandom, zstdCompressor } from '../../../platform/bun/system.ts';
import type { EventRow } from '../../../schemas/columns.ts';
import { parseConfig } from '../../../schemas/config.ts';
import { packId } from '../../../schemas/pack.ts';
import { median, whole } from '../support/numbers.ts';
import { positive, print } from '../support/output.ts';
import { inScratch } from '../support/scratch.ts';
import { shopBatches } from '../support/shop-packs.ts';

/** Their rows of a day follow from the events of that day alone. */
const ADDITIVE = ['user_days', 'events_by_day', 'products'];
const RATIO_MAX = 1.5;

interface Options {
  events: number;
  rounds: number;
  small?: true;
}

interface Cost extends ReportWork {
  readonly ms: number;
}

await new Command('reports')
  .description('Measure what one more day costs the stored reports')
  .option('--events <count>', 'of one day', positive, 100_000)
  .option('--rounds <count>', 'further days after each length', positive, 3)
  .option('--small', 'only see that it runs: few events and days, and a missed bar is no failure')
  .action(async ({ events, rounds, small }: Options) => {
    const rows = shopRows(small ? 1_000 : events);
    const lengths = small ? [2, 4] : [10, 30, 60];
    const alone = await inScratch('reports-alone', (folder) => costs(folder, rows, [0], small ? 1 : rounds));
    const after = await inScratch('reports', (folder) => costs(folder, rows, lengths, small ? 1 : rounds));
    if (!report(rows.length, lengths, alone.get(0) ?? [], after) && !small) process.exitCode = 1;
  })
  .parseAsync();

function shopRows(events: number): EventRow[] {
  return [...shopBatches({ events, users: events })].flatMap((batch) => batch.map(decodePack).flatMap(expandPack));
}

/** Of one more day after each of these lengths: the median of some such days. With a length of 0, of a first day. */
async function costs(
  folder: string,
  rows: readonly EventRow[],
  lengths: readonly number[],
  rounds: number,
): Promise<Map<number, Cost[]>> {
  const found = new Map<number, Cost[]>();
  let day = 0;
  for (const length of lengths) {
    const measured: Cost[][] = [];
    let lake = lakeIn(`${folder}/0`);
    while (day < length) await lake.add(rows, day++);
    if (length > 0) await lake.store();
    for (let round = 0; round < rounds; round += 1) {
      // A day alone is a day in a lake of its own.
      if (length === 0) lake = lakeIn(`${folder}/${round}`);
      await lake.add(rows, day++);
      measured.push(await lake.store());
    }
    found.set(length, medians(measured));
  }
  return found;
}

function lakeIn(folder: string) {
  const config = parseConfig({ INLET_DATA_DIR: folder });
  const stores = openLake(config);
  const ports = { ...stores, clock: systemClock, random: systemRandom, config };
  return {
    async add(rows: readonly EventRow[], day: number): Promise<void> {
      const pack_id = packId('d'.repeat(15), day);
      const shifted = rows.map((row, pack_index) => ({
        ...row,
        message_id: `${row.message_id}-${day}`,
        timestamp: row.timestamp + day * DAY_MS,
        received_at: row.received_at + day * DAY_MS,
        pack_id,
        pack_index,
      }));
      await appendSegment(stores.lake, shifted, [pack_id], zstdCompressor);
      await runCompaction(ports);
    },
    async store(): Promise<Cost[]> {
      const ms = new Map<string, number>();
      let last = performance.now();
      const work = await storeReports({
        ...stores,
        reports: REPORTS,
        timezone: 'UTC',
        progress: (label) => {
          const [name = ''] = label.split(' ');
          const now = performance.now();
          ms.set(name, (ms.get(name) ?? 0) + now - last);
          last = now;
        },
      });
      return work.map((one) => ({ ...one, ms: ms.get(one.name) ?? 0 }));
    },
  };
}

function medians(rounds: readonly Cost[][]): Cost[] {
  return (rounds[0] ?? []).map((cost, index) => ({
    ...cost,
    ms: median(rounds.map((round) => round[index]?.ms ?? Number.NaN)),
  }));
}

function report(
  events: number,
  lengths: readonly number[],
  alone: readonly Cost[],
  after: ReadonlyMap<number, readonly Cost[]>,
): boolean {
  const rows = alone.map(({ name, ms }) => {
    const by = lengths.map((length) => after.get(length)?.find((cost) => cost.name === name));
    const ratio = Math.max(...by.map((cost) => (cost?.ms ?? Number.NaN) / ms));
    return { name, ms, by, ratio, passed: !ADDITIVE.includes(name) || ratio <= RATIO_MAX };
  });
  const cell = (cost: Cost | undefined): string =>
    cost === undefined
      ? ''
      : `${whole(cost.ms)} ms, ${cost.days} d, ${cost.files} files, ${whole(cost.bytes / 1e3)} kB`;
  print(
    [`${whole(events)} events a day`, 'alone', ...lengths.map((length) => `after ${length} days`), 'most by alone'],
    rows.map(({ name, ms, by, ratio, passed }) => [
      ADDITIVE.includes(name) ? `${name}, at most ${RATIO_MAX}: ${passed ? 'passed' : 'MISSED'}` : name,
      `${whole(ms)} ms`,
      ...by.map(cell),
      ratio.toFixed(2),
    ]),
    { bench: 'reports', events, lengths, alone, after: Object.fromEntries(after) },
  );
  return rows.every(({ passed }) => passed);
}
