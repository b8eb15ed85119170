/** The reports there are. A new one is a file beside these and a line here. */
import { InletError } from '../../schemas/errors.ts';
import eventsByDay from './events_by_day.sql' with { type: 'text' };
import groups from './groups.sql' with { type: 'text' };
import { parseReport, type ReportDefinition } from './header.ts';
import products from './products.sql' with { type: 'text' };

export const REPORTS: readonly ReportDefinition[] = [eventsByDay, groups, products].map(parseReport);

/** @throws InletError report_unknown */
export function reportNamed(name: string): ReportDefinition {
  const report = REPORTS.find((known) => known.name === name);
  if (report !== undefined) return report;
  throw new InletError('report_unknown', { detail: `there are ${REPORTS.map((known) => known.name).join(', ')}` });
}
