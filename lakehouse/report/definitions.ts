/** The reports that Inlet brings. A team's own ones are files in a folder: see `folder.ts`. */
import { InletError } from '../../schemas/errors.ts';
import activeUsers from './active_users.sql' with { type: 'text' };
import eventsByDay from './events_by_day.sql' with { type: 'text' };
import funnel from './funnel.sql' with { type: 'text' };
import groups from './groups.sql' with { type: 'text' };
import { parseReport, type ReportDefinition } from './header.ts';
import newAndReturning from './new_and_returning.sql' with { type: 'text' };
import products from './products.sql' with { type: 'text' };
import retention from './retention.sql' with { type: 'text' };
import userDays from './user_days.sql' with { type: 'text' };

export const REPORTS: readonly ReportDefinition[] = Object.entries({
  events_by_day: eventsByDay,
  active_users: activeUsers,
  new_and_returning: newAndReturning,
  retention,
  funnel,
  groups,
  products,
}).map(([name, sql]) => parseReport(sql, `${name}.sql`));

/** What some reports read in place of events; stored like a report, and shown to nobody. */
export const USER_DAYS: ReportDefinition = parseReport(userDays, 'user_days.sql');

/** @throws InletError report_unknown */
export function reportNamed<Report extends { readonly name: string }>(
  name: string,
  reports: readonly Report[],
): Report {
  const report = reports.find((known) => known.name === name);
  if (report !== undefined) return report;
  throw new InletError('report_unknown', { detail: `there are ${reports.map((known) => known.name).join(', ')}` });
}
