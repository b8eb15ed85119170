/** What a report looks like, for people: the first count of each day, added up over what else tells rows apart. */
import type { ReportResult } from '../../lakehouse/report/values.ts';
import { bar, WIDTH } from './bar.ts';
import { visible } from './rows.ts';

const LINES_MAX = 31;
const LABEL_MAX = 40;

/** Bars over days, or over the column after the date where there is one day only. Empty where there is nothing to draw. */
export function reportChart({ columns, rows }: ReportResult, terminalColumns: number): string {
  const count = columns.findIndex(({ type }) => type === 'integer');
  const counted = columns[count];
  if (counted === undefined || rows.length === 0 || terminalColumns < LABEL_MAX + WIDTH + 12) return '';
  const days = new Set(rows.map(([date]) => date));
  const label = days.size > 1 ? 0 : columns.findIndex(({ type }, index) => index > 0 && type === 'string');
  if (label === -1) return '';
  const sums = new Map<string, number>();
  for (const row of rows) {
    const name = String(row[label] ?? '(none)');
    sums.set(name, (sums.get(name) ?? 0) + Number(row[count] ?? 0));
  }
  const shown = [...sums].slice(-LINES_MAX).map(([name, value]) => [visible(name).slice(0, LABEL_MAX), value] as const);
  const widest = Math.max(...shown.map(([name]) => name.length));
  const largest = Math.max(...shown.map(([, value]) => value));
  const lines = shown.map(
    ([name, value]) => `  ${name.padEnd(widest)}  ${bar(value, largest).padEnd(WIDTH)} ${value.toLocaleString('en')}`,
  );
  return `\n${counted.name} by ${columns[label]?.name}\n${lines.join('\n')}\n\n`;
}
