import Table from 'cli-table3';
import { Command } from 'commander';
import { openLog } from '../lakehouse/catalog/log.ts';
import { pendingStatus } from '../lakehouse/operate/status.ts';
import { oldestMarker } from '../platform/app/reindex.ts';
import { openEnvironment } from './environment.ts';

/** `inlet status`: how much is in the log and how far behind its views are. `inlet lake status` has the lake in detail. */
export function statusCommand(): Command {
  return new Command('status')
    .description('Show how far behind the table and the hot index are; "inlet lake status" has the lake in detail')
    .option('--json', 'print one line of JSON')
    .action(async (options: { json?: boolean }) => {
      const { lake, clock } = openEnvironment();
      const log = await openLog(lake);
      const marker = await oldestMarker(lake);
      const { oldest_pending, ...pending } = pendingStatus(log.segments);
      const status = {
        snapshot: log.snapshot.version,
        table_files: log.snapshot.totals.files,
        table_events: log.snapshot.totals.rows,
        table_bytes: log.snapshot.totals.bytes,
        table_as_of: isoOrNull(log.snapshot.as_of),
        ...pending,
        table_behind_since: isoOrNull(oldest_pending),
        index_behind_since: isoOrNull(marker),
        checked_at: new Date(clock.now()).toISOString(),
      };
      process.stdout.write(options.json ? `${JSON.stringify(status)}\n` : `${asTable(status)}\n`);
    });
}

function isoOrNull(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}

function asTable(status: Record<string, string | number | null>): string {
  const table = new Table({ style: { head: [], border: [] } });
  for (const [name, value] of Object.entries(status)) {
    table.push([name.replaceAll('_', ' '), typeof value === 'number' ? value.toLocaleString('en') : (value ?? '-')]);
  }
  return table.toString();
}
