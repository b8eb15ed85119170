import { Command, InvalidArgumentError, Option } from 'commander';
import { addDays, dayIn, parseDay } from '../lakehouse/report/days.ts';
import { REPORTS, reportNamed } from '../lakehouse/report/definitions.ts';
import { runReport } from '../lakehouse/report/run.ts';
import type { ReportResult } from '../lakehouse/report/values.ts';
import { openSession } from '../lakehouse/sql/session.ts';
import { openEnvironment } from './environment.ts';
import { interruptible } from './terminal/interrupt.ts';
import { FORMATS, type Format, printRows } from './terminal/rows.ts';

const DEFAULT_DAYS = 7;

interface Options {
  readonly from?: string;
  readonly to?: string;
  readonly timezone: string;
  readonly format: Format;
}

/** `inlet report`: one report, computed now over everything that has arrived. */
export function reportCommand(): Command {
  return new Command('report')
    .description('Compute a report over everything that has arrived; without a name, list the reports there are')
    .argument('[name]', REPORTS.map(({ name }) => name).join(', '))
    .option('--from <day>', `first day, such as 2026-01-31 (default: ${DEFAULT_DAYS} days up to the last)`, day)
    .option('--to <day>', 'last day, included (default: today)', day)
    .option('--timezone <zone>', 'whose days: an IANA name such as Europe/Berlin', timezone, 'UTC')
    .addOption(new Option('--format <format>', 'how to print rows').choices(FORMATS).default('table'))
    .action(async (name: string | undefined, options: Options) => {
      if (name === undefined) await list(options.format);
      else await compute(reportNamed(name).name, options);
    });
}

function list(format: Format): Promise<void> {
  const columns = [{ name: 'report' }, { name: 'one row for' }, { name: 'what it says' }];
  const rows = REPORTS.map(({ name, grain, description }) => [name, grain, description]);
  return printRows({ columns, batches: [rows] }, format);
}

async function compute(name: string, options: Options): Promise<void> {
  const environment = openEnvironment();
  const to = options.to ?? dayIn(options.timezone, environment.clock.now());
  const from = options.from ?? addDays(to, 1 - DEFAULT_DAYS);
  const report = await interruptible(async (signal) => {
    const session = await openSession({ ...environment, signal });
    try {
      return await runReport(session, { name, from, to, timezone: options.timezone });
    } finally {
      await session.close();
    }
  });
  await printRows({ ...report, batches: [report.rows] }, options.format, barColumn(report));
  process.stdout.write(footer(report, from, to, options));
}

/** Bars are for people who look at a terminal: of the first count there is. */
function barColumn({ columns }: ReportResult): string | undefined {
  return process.stdout.isTTY ? columns.find(({ type }) => type === 'integer')?.name : undefined;
}

function footer({ rows, asOf }: ReportResult, from: string, to: string, { timezone, format }: Options): string {
  if (format !== 'table') return '';
  const newest = asOf === null ? 'The log is empty.' : `The newest event arrived ${new Date(asOf).toISOString()}.`;
  return `${rows.length === 0 ? 'No rows. ' : ''}${from} to ${to}, ${timezone}. ${newest}\n`;
}

function day(text: string): string {
  try {
    return parseDay(text);
  } catch {
    throw new InvalidArgumentError('Days look like 2026-01-31.');
  }
}

function timezone(text: string): string {
  try {
    dayIn(text, 0);
    return text;
  } catch {
    throw new InvalidArgumentError('Time zones are IANA names such as Europe/Berlin.');
  }
}
