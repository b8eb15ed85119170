/** Rows of a report, added up. Pure. */
import { InletError } from '../../schemas/errors.ts';

interface Grouped {
  readonly name: string;
  readonly grain: string;
  readonly columns: readonly { readonly name: string }[];
  readonly sums: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/**
 * One row for all rows with the same values in these columns: the values, and the sums of the columns that may be added
 * up. In the order in which the values first come.
 *
 * @throws InletError parameter_invalid where there is no such column, or nothing to add up
 */
export function groupReport<Report extends Grouped>(report: Report, by: readonly string[]): Report {
  const { name, columns, sums, rows } = report;
  const names = columns.map((column) => column.name);
  const wrong = by.find((column) => !names.includes(column) || sums.includes(column));
  if (wrong !== undefined || new Set(by).size < by.length) {
    const others = names.filter((column) => !sums.includes(column));
    throw new InletError('parameter_invalid', { detail: `groupBy of ${name} takes, each once: ${others.join(', ')}` });
  }
  if (sums.length === 0) throw new InletError('parameter_invalid', { detail: `nothing in ${name} can be added up` });
  const keyPlaces = by.map((column) => names.indexOf(column));
  const sumPlaces = sums.map((column) => names.indexOf(column));
  const groups = new Map<string, { key: unknown[]; totals: number[] }>();
  for (const row of rows) {
    const key = keyPlaces.map((place) => row[place]);
    const text = JSON.stringify(key);
    const group = groups.get(text) ?? { key, totals: sumPlaces.map(() => 0) };
    group.totals = group.totals.map((total, index) => total + Number(row[sumPlaces[index] ?? -1] ?? 0));
    groups.set(text, group);
  }
  return {
    ...report,
    grain: by.length === 0 ? 'one row' : `one row for each ${by.join(' and ')}`,
    columns: [...keyPlaces, ...sumPlaces].flatMap((place) => columns[place] ?? []),
    rows: [...groups.values()].map(({ key, totals }) => [...key, ...totals]),
  };
}
