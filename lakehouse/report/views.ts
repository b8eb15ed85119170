/** Stored reports as views of a session: `reports_products` and so on, with the days as they were stored. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { LocalFiles, ObjectStore } from '../../platform/ports.ts';
import { pathList } from '../sql/columns.ts';
import type { OwnViews } from '../sql/session.ts';
import type { View } from '../sql/views.ts';
import { USER_DAYS } from './definitions.ts';
import { SQL_TYPES } from './header.ts';
import { readState, reportKey, type StoredReport, storedDays } from './stored.ts';

/** Pins every stored day: ask for it only where such a view is. */
export function storedReportViews({ lake, files }: { lake: ObjectStore; files: LocalFiles }): OwnViews {
  return async (connection) => {
    const stored = (await readState(lake)).filter(({ name }) => name !== USER_DAYS.name);
    const keys = new Map<StoredReport, string[]>();
    for (const report of stored) {
      keys.set(
        report,
        (await storedDays(lake, report)).map(({ day }) => reportKey(report, day)),
      );
    }
    const pinned = await files.pin([...keys.values()].flat());
    let taken = 0;
    for (const [report, own] of keys) {
      const paths = pinned.paths.slice(taken, taken + own.length);
      taken += own.length;
      await createView(connection, report, paths);
    }
    return { ...pinned, views: stored.map(viewOf) };
  };
}

function viewOf({ name, description, columns }: StoredReport): View {
  return { name: `reports_${name}`, text: description, columns };
}

async function createView(connection: DuckDBConnection, report: StoredReport, paths: readonly string[]): Promise<void> {
  const empty = report.columns.map(({ name, type }) => `NULL::${SQL_TYPES[type]} as "${name}"`).join(', ');
  const rows =
    paths.length === 0 ? `select ${empty} limit 0` : `from read_parquet(${pathList(paths)}, hive_partitioning = false)`;
  await connection.run(`create view "${viewOf(report).name}" as ${rows}`);
}
