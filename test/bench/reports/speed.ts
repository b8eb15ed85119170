/**
 * `bun speed.ts inlet|plain|same <report> <from> <to> <data folder or file>`: one report, computed from raw events, by
 * Inlet over its table, or by DuckDB as it comes over one file: in plain SQL, or in the SQL of the report.
 */
import { createHash } from 'node:crypto';
import { DuckDBInstance } from '@duckdb/node-api';
import { compute } from '../../../lakehouse/report/compute.ts';
import { REPORTS, reportNamed } from '../../../lakehouse/report/definitions.ts';
import { valuesOf } from '../../../lakehouse/report/parameters.ts';
import { daysToRead, runReport } from '../../../lakehouse/report/run.ts';
import { allRows, literal } from '../../../lakehouse/sql/duckdb.ts';
import { openSession } from '../../../lakehouse/sql/session.ts';
import { portsOf } from './history.ts';
import { plainSql } from './plain-sql.ts';

export const ASKED = ['inlet', 'plain', 'same'] as const;
export type Asked = (typeof ASKED)[number];

export interface Answered {
  readonly seconds: number;
  readonly cpu_seconds: number;
  readonly rows: number;
  readonly checksum: string;
}

if (import.meta.main) {
  const [who, name = '', from = '', to = '', place = ''] = process.argv.slice(2);
  const report = reportNamed(name, REPORTS);
  const question = { report, from, to, timezone: 'UTC' };
  const start = performance.now();
  const rows = who === 'inlet' ? await inlet() : await duckdb();
  const { user, system } = process.cpuUsage();
  const answered: Answered = {
    seconds: (performance.now() - start) / 1_000,
    cpu_seconds: (user + system) / 1e6,
    rows: rows.length,
    checksum: createHash('sha256')
      .update(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
      .digest('hex')
      .slice(0, 16),
  };
  process.stdout.write(`${JSON.stringify(answered)}\n`);

  async function inlet(): Promise<readonly unknown[]> {
    const session = await openSession({ ...portsOf(place), days: daysToRead(question) });
    try {
      return (await runReport(session, question)).rows;
    } finally {
      await session.close();
    }
  }

  async function duckdb(): Promise<readonly unknown[]> {
    const instance = await DuckDBInstance.create(':memory:', { temp_directory: `${place}.spill` });
    const connection = await instance.connect();
    await connection.run(`set TimeZone = 'UTC'`);
    await connection.run(`create view events as from read_parquet(${literal(place)})`);
    const source = { events: 'events', user_days: 'from events' } as const;
    if (who === 'same') await compute(connection, report, { ...question, values: valuesOf(report, {}) }, source);
    const found = await allRows(connection, who === 'same' ? 'from report' : plainSql(name, from, to));
    return found.map((row) =>
      Object.values(row).map((value) => {
        if (value instanceof Date) return value.toISOString().slice(0, 10);
        return typeof value === 'bigint' ? Number(value) : value;
      }),
    );
  }
}
