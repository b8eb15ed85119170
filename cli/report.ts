import { Command, InvalidArgumentError, Option } from 'commander';
import { addDays, checkTimeZone, dayIn, parseDay } from '../lakehouse/report/days.ts';
import { REPORTS, reportNamed } from '../lakehouse/report/definitions.ts';
import { loadReports } from '../lakehouse/report/folder.ts';
import type { ReportDefinition } from '../lakehouse/report/header.ts';
import type { Given } from '../lakehouse/report/parameters.ts';
import { daysToRead, runReport } from '../lakehouse/report/run.ts';
import { openSession } from '../lakehouse/sql/session.ts';
import { type Environment, openEnvironment } from './environment.ts';
import { reportChart } from './terminal/chart.ts';
import { EXPORTS, type Export, isExport, writeExport } from './terminal/export.ts';
import { interruptible } from './terminal/interrupt.ts';
import { withProgress } from './terminal/progress.ts';
import { FORMATS, type Format, printRows } from './terminal/rows.ts';

const DEFAULT_DAYS = 7;

interface Options {
  readonly from?: string;
  readonly to?: string;
  readonly timezone: string;
  readonly groupBy?: string;
  readonly step?: string[];
  readonly set?: string[];
  readonly describe?: boolean;
  readonly format: Format | Export;
}

/** `inlet report`: one report, computed now over everything that has arrived. */
export function reportCommand(): Command {
  return new Command('report')
    .description('Compute a report over everything that has arrived; without a name, list the reports there are')
    .argument('[name]', `${REPORTS.map(({ name }) => name).join(', ')}, or one of the folder INLET_REPORTS_DIR`)
    .option('--from <day>', `first day, such as 2026-01-31 (default: ${DEFAULT_DAYS} days up to the last)`, day)
    .option('--to <day>', 'last day, included (default: today)', day)
    .option('--timezone <zone>', 'whose days: an IANA name such as Europe/Berlin', timezone, 'UTC')
    .option('--group-by <property>', 'tell rows apart by this property, in reports that take group_by')
    .option('--step <event>', 'a step of a funnel, in order: "Product Viewed [category=shoes]"', collect)
    .option('--set <name=value>', 'another parameter of the report', collect)
    .option('--describe', 'say what its columns and parameters are')
    .addOption(new Option('--format <format>', 'how to print rows').choices([...FORMATS, ...EXPORTS]).default('table'))
    .action(async (name: string | undefined, options: Options) => {
      const environment = openEnvironment();
      const reports = await loadReports(environment.config.reports_dir);
      if (name === undefined) await list(reports, options);
      else if (options.describe === true) await describe(reportNamed(name, reports), options);
      else await compute(reportNamed(name, reports), options, environment);
    });
}

function list(reports: readonly ReportDefinition[], options: Options): Promise<void> {
  const columns = [{ name: 'report' }, { name: 'one row for' }, { name: 'what it says' }];
  const rows = reports.map(({ name, grain, description }) => [name, grain, description]);
  return printRows({ columns, batches: [rows] }, textFormat(options));
}

function describe({ columns, parameters }: ReportDefinition, options: Options): Promise<void> {
  const rows = [
    ...columns.map(({ name, type, text }) => ['column', name, type, text]),
    ...parameters.map(({ name, type, text, default: fallback }) => [
      'parameter',
      name,
      type,
      `${text} By default ${JSON.stringify(fallback)}.`,
    ]),
  ];
  const heads = ['', 'name', 'type', 'what it says'].map((name) => ({ name }));
  return printRows({ columns: heads, batches: [rows] }, textFormat(options));
}

function textFormat({ format }: Options): Format {
  if (isExport(format)) throw new InvalidArgumentError('Only rows of a report come as Parquet or Arrow.');
  return format;
}

async function compute(report: ReportDefinition, options: Options, environment: Environment): Promise<void> {
  const given = givenBy(options);
  const to = options.to ?? dayIn(options.timezone, environment.clock.now());
  const from = options.from ?? addDays(to, 1 - DEFAULT_DAYS);
  await interruptible(async (signal) => {
    const question = { report, from, to, timezone: options.timezone, given };
    const session = await openSession({ ...environment, signal, days: daysToRead(question) });
    try {
      const result = await withProgress(session.connection, report.name, runReport(session, question));
      const { format } = options;
      if (isExport(format)) return await writeExport(session, 'report', format);
      await printRows({ ...result, batches: [result.rows] }, format);
      if (format !== 'table') return;
      if (process.stdout.isTTY) process.stdout.write(reportChart(result, process.stdout.columns));
      const newest =
        session.asOf === null
          ? 'The log is empty.'
          : `The newest event arrived ${new Date(session.asOf).toISOString()}.`;
      const none = result.rows.length === 0 ? 'No rows. ' : '';
      process.stdout.write(`${none}${from} to ${to}, ${options.timezone}. ${newest}\n`);
    } finally {
      await session.close();
    }
  });
}

function givenBy({ groupBy, step, set }: Options): Given {
  const named = (set ?? []).map((text) => {
    const at = text.indexOf('=');
    if (at < 1) throw new InvalidArgumentError('Parameters look like window_hours=48.');
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  return {
    ...Object.fromEntries(named),
    ...(groupBy === undefined ? {} : { group_by: groupBy }),
    ...(step === undefined ? {} : { steps: step }),
  };
}

function collect(text: string, before: string[] = []): string[] {
  return [...before, text];
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
    checkTimeZone(text);
    return text;
  } catch {
    throw new InvalidArgumentError('Time zones are IANA names such as Europe/Berlin.');
  }
}
