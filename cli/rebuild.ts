import { Command } from 'commander';
import { withLease } from '../lakehouse/compact/lease.ts';
import { buildTimeline } from '../lakehouse/timeline/build.ts';
import { rebuildNow, requestRebuild } from '../platform/app/tend.ts';
import { openHotIndex } from '../platform/bun/hot-index.ts';
import { openEnvironment } from './environment.ts';
import { interruptible } from './terminal/interrupt.ts';
import { progressBar } from './terminal/progress.ts';

/** `inlet rebuild`: throws the hot index away and makes it again from the log; the old one answers meanwhile. */
export function rebuildCommand(): Command {
  return new Command('rebuild')
    .description('Throw the hot index away and make it again from the log; the old one answers meanwhile')
    .option('--timeline', 'the files of the timeline instead, from the table')
    .action(async ({ timeline }: { timeline?: true }) => {
      if (timeline) return rebuildTimeline();
      const { config, lake, clock } = openEnvironment();
      if (config.s3 !== null) {
        await requestRebuild(lake);
        process.stdout.write('Asked for. The Worker with the consume role rebuilds it at its next cron run.\n');
        return;
      }
      const index = await openHotIndex(config);
      const bar = progressBar();
      try {
        const events = await interruptible((signal) =>
          rebuildNow({ lake, index, clock }, (label, done, total) => {
            signal.throwIfAborted();
            bar.update(label, done, total);
          }),
        );
        bar.stop();
        if (events === null) throw new Error('Another rebuild is running. Wait for it, then try again.');
        process.stdout.write(`Rebuilt from ${events.toLocaleString('en')} stored events.\n`);
      } finally {
        bar.stop();
        index.close();
      }
    });
}

/** Readers have the old files until the new ones are complete. */
async function rebuildTimeline(): Promise<void> {
  const environment = openEnvironment();
  const bar = progressBar();
  try {
    const { rows } = await interruptible((interrupted) =>
      withLease(environment, interrupted, (signal) =>
        buildTimeline({ ...environment, progress: bar.update, signal }, 'anew'),
      ),
    );
    bar.stop();
    process.stdout.write(`Rebuilt the timeline from ${rows.toLocaleString('en')} events of the table.\n`);
  } finally {
    bar.stop();
  }
}
