import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Command, Option } from 'commander';
import { storedReportViews } from '../lakehouse/report/views.ts';
import { query, RESULT_TABLE, StatementError } from '../lakehouse/sql/query.ts';
import { openSession } from '../lakehouse/sql/session.ts';
import { type Environment, openEnvironment } from './environment.ts';
import { runShell } from './shell/shell.ts';
import { EXPORTS, type Export, isExport, writeExport } from './terminal/export.ts';
import { interruptible } from './terminal/interrupt.ts';
import { withProgress } from './terminal/progress.ts';
import { FORMATS, type Format, printRows } from './terminal/rows.ts';

type AnyFormat = Format | Export;

/** `inlet sql`: one SELECT over everything that is in the log, or a shell for many. */
export function sqlCommand(): Command {
  const command = new Command('sql')
    .description(
      'Run one SELECT over the views events, failed_events, users, people, products and reports_…; without any, open a shell or read standard input',
    )
    .argument('[statement]', 'the SELECT statement, in DuckDB SQL')
    .option('-c, --command <statement>', 'the same, as other SQL shells take it')
    .addOption(new Option('--format <format>', 'how to print rows').choices([...FORMATS, ...EXPORTS]).default('table'));
  return command.action(async (argument: string | undefined, options: { command?: string; format: AnyFormat }) => {
    const environment = openEnvironment();
    const given = argument ?? options.command;
    if (given === undefined && process.stdin.isTTY) return openShell(environment);
    const sql = given ?? (await text(process.stdin));
    try {
      await run(environment, sql, options.format);
    } catch (error) {
      if (error instanceof StatementError) command.error(`inlet: ${error.message}`, { exitCode: 2 });
      throw error;
    }
  });
}

async function run(environment: Environment, sql: string, format: AnyFormat): Promise<void> {
  await interruptible(async (signal) => {
    // Stored reports are read only where they are asked for: in a bucket each of them is a download.
    const own_views = /reports_/i.test(sql) ? storedReportViews(environment) : undefined;
    const session = await openSession({ ...environment, signal, own_views });
    try {
      const result = await withProgress(session.connection, 'query', query(session, sql));
      if (isExport(format)) await writeExport(session, RESULT_TABLE, format);
      else await printRows(result, format);
    } finally {
      await session.close();
    }
  });
}

async function openShell(environment: Environment): Promise<void> {
  const session = await openSession({ ...environment, own_views: storedReportViews(environment) });
  try {
    await runShell(session, join(environment.config.data_dir, 'sql-history'));
  } finally {
    await session.close();
  }
}
