import { Command } from 'commander';
import { lookAtLake } from '../../lakehouse/operate/look.ts';
import type { LakeStatus } from '../../lakehouse/operate/status.ts';
import { openEnvironment } from '../environment.ts';
import { bar } from '../terminal/bar.ts';

/** `inlet lake status`: what the lake is made of, what waits, and what is owed. */
export function lakeStatusCommand(): Command {
  return new Command('status')
    .description('Show what the lake is made of: files, small files, snapshots, what waits and what is to be deleted')
    .option('--json', 'print one line of JSON')
    .action(async (options: { json?: boolean }) => {
      const { lake, lake_uri, clock } = openEnvironment();
      const status = await lookAtLake(lake);
      const now = clock.now();
      process.stdout.write(options.json ? asJson(status, now) : asPage(status, lake_uri, now));
    });
}

const TIMES = ['committed_at', 'as_of', 'oldest_pending'] as const;

function asJson(status: LakeStatus, now: number): string {
  const times = [...TIMES.map((name) => [name, status[name]] as const), ['checked_at', now] as const];
  const texts = times.map(([name, time]) => [name, time === null ? null : new Date(time).toISOString()] as const);
  return `${JSON.stringify({ ...status, ...Object.fromEntries(texts) })}\n`;
}

function asPage(status: LakeStatus, uri: string, now: number): string {
  const since = (time: number | null): string => (time === null ? '-' : `${iso(time)}, ${ago(now - time)}`);
  const title =
    status.committed_at === null
      ? `${uri}: no table yet, nothing has been compacted`
      : `${uri}: snapshot ${count(status.snapshot)} of ${since(status.committed_at)}`;
  const sections: readonly (readonly [string, readonly Line[]])[] = [
    [
      'Table',
      [
        ['events', count(status.rows), `complete up to ${status.as_of === null ? '-' : iso(status.as_of)}`],
        ['files', count(status.files), amounts(status)],
        ['partitions', count(status.partitions), `at most ${count(status.partition_files_max)} files in one`],
        ['small files', count(status.small_files), `${size(status.small_bytes)}, compaction still merges them`],
      ],
    ],
    [
      'Waiting for compaction',
      [
        ['segments', count(status.pending_segments), size(status.pending_bytes)],
        ['oldest', since(status.oldest_pending), ''],
      ],
    ],
    [
      'Metadata',
      [
        ['snapshots', count(status.snapshots), ''],
        ['manifests', count(status.manifests), ''],
        ['objects', count(status.metadata_objects), size(status.metadata_bytes)],
      ],
    ],
    [
      'Waiting to be deleted',
      [
        ['replaced files', count(status.replaced_files), size(status.replaced_bytes)],
        ['consumed segments', count(status.consumed_segments), size(status.consumed_bytes)],
        ['orphans', count(status.orphan_files), size(status.orphan_bytes)],
      ],
    ],
    [
      'Fullest partitions',
      status.fullest.map(({ date, type, files }) => [
        `${date} ${type}`,
        count(files),
        bar(files, status.partition_files_max),
      ]),
    ],
  ];
  const pages = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([name, lines]) => [name, ...aligned(lines)].join('\n'));
  return `${[title, ...pages].join('\n\n')}\n`;
}

/** A name, what it is, and a remark. */
type Line = readonly [string, string, string];

/** In columns, short values to the right of theirs. */
function aligned(lines: readonly Line[]): string[] {
  const names = Math.max(...lines.map(([name]) => name.length));
  const values = Math.max(...lines.filter(([, , remark]) => remark !== '').map(([, value]) => value.length), 1);
  return lines.map(([name, value, remark]) =>
    `  ${name.padEnd(names)}  ${value.padStart(values)}  ${remark}`.trimEnd(),
  );
}

function amounts({ files, bytes, file_bytes_median, file_bytes_max }: LakeStatus): string {
  if (files === 0) return size(0);
  return `${size(bytes)}; median ${size(file_bytes_median)}, largest ${size(file_bytes_max)}`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

function size(bytes: number): string {
  const step = bytes < 1_000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1_000 ** step).toFixed(step === 0 ? 0 : 1)} ${UNITS[step]}`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

const SPANS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

function ago(milliseconds: number): string {
  const [unit, span] = SPANS.find(([, span]) => milliseconds >= 2 * span) ?? (['second', 1_000] as const);
  const number = Math.max(0, Math.floor(milliseconds / span));
  return `${count(number)} ${unit}${number === 1 ? '' : 's'} ago`;
}
