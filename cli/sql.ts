import { text } from 'node:stream/consumers';
import { Command, Option } from 'commander';
import { query, StatementError } from '../lakehouse/sql/query.ts';
import { openSession } from '../lakehouse/sql/session.ts';
import { openEnvironment } from './environment.ts';
import { interruptible } from './terminal/interrupt.ts';
import { FORMATS, type Format, printRows } from './terminal/rows.ts';

/** `inlet sql`: one SELECT over everything that is in the log. */
export function sqlCommand(): Command {
  const command = new Command('sql')
    .description(
      'Run one SELECT over the views "events" and "failed_events"; without any it is read from standard input',
    )
    .argument('[statement]', 'the SELECT statement, in DuckDB SQL')
    .option('-c, --command <statement>', 'the same, as other SQL shells take it')
    .addOption(new Option('--format <format>', 'how to print rows').choices(FORMATS).default('table'));
  return command.action(async (argument: string | undefined, options: { command?: string; format: Format }) => {
    const given = argument ?? options.command;
    if (given === undefined && process.stdin.isTTY) {
      command.error('Nothing to run. Try: inlet sql "select type, count(*) from events group by all"', { exitCode: 2 });
    }
    const sql = given ?? (await text(process.stdin));
    try {
      await run(sql, options.format);
    } catch (error) {
      if (error instanceof StatementError) command.error(`inlet: ${error.message}`, { exitCode: 2 });
      throw error;
    }
  });
}

async function run(sql: string, format: Format): Promise<void> {
  await interruptible(async (signal) => {
    const session = await openSession({ ...openEnvironment(), signal });
    try {
      await printRows(await query(session, sql), format);
    } finally {
      await session.close();
    }
  });
}
