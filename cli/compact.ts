import { Command } from 'commander';
import { type CentralResult, runCentral } from '../lakehouse/compact/central.ts';
import { markedSegments } from '../platform/app/reindex.ts';
import { openEnvironment } from './environment.ts';
import { interruptible } from './terminal/interrupt.ts';
import { progressBar } from './terminal/progress.ts';

/** `inlet compact`: the central job, once, now. */
export function compactCommand(): Command {
  return new Command('compact')
    .description('Move segments into the table, store the reports of the days that changed, delete what expired')
    .action(async () => {
      const environment = openEnvironment();
      const bar = progressBar();
      try {
        const result = await interruptible((signal) =>
          runCentral({
            ...environment,
            keep: () => markedSegments(environment.lake),
            progress: bar.update,
            signal,
          }),
        );
        bar.stop();
        process.stdout.write(summary(result));
        if (result.report_failure !== null) throw result.report_failure;
        if (result.timeline_failure !== null) throw result.timeline_failure;
      } finally {
        bar.stop();
      }
    });
}

function summary({ compaction, report_days, timeline, expired }: CentralResult): string {
  const number = (value: number): string => value.toLocaleString('en');
  const compacted =
    compaction.segments === 0
      ? 'Nothing to compact.'
      : `Compacted ${number(compaction.rows)} events of ${number(compaction.segments)} segments ` +
        `(${number(compaction.bytes)} bytes) in ${compaction.seconds.toFixed(1)} s: ` +
        `${number(compaction.files_added)} files written, ${number(compaction.files_removed)} replaced, ` +
        `${number(compaction.copies)} copies left out.`;
  return (
    `${compacted}\nStored ${number(report_days)} report days.\n` +
    `Wrote ${number((timeline?.rows ?? 0) + (timeline?.merged ?? 0))} rows of the timeline.\n` +
    `Deleted ${number(expired.segments.length)} segments, ${number(expired.files.length)} files and ` +
    `${number(expired.versions.length)} snapshots that nobody needs any more.\n`
  );
}
