/** A team's own reports: each `.sql` file of a folder is one, beside those that Inlet brings. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REPORTS, USER_DAYS } from './definitions.ts';
import { parseReport, type ReportDefinition, ReportError } from './header.ts';

/**
 * @param folder null for none
 * @returns Inlet's reports, then those of the folder by file name
 * @throws ReportError naming file and line; or when the folder cannot be read
 */
export async function loadReports(folder: string | null): Promise<readonly ReportDefinition[]> {
  if (folder === null) return REPORTS;
  const reports = [...REPORTS];
  for (const file of await sqlFiles(folder)) {
    const path = join(folder, file);
    const report = parseReport(await readFile(path, 'utf8'), path);
    if ([USER_DAYS, ...reports].some(({ name }) => name === report.name)) {
      throw new ReportError(`${path}:1: there is a report "${report.name}" already`);
    }
    reports.push(report);
  }
  return reports;
}

async function sqlFiles(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  } catch (error) {
    throw new ReportError(`INLET_REPORTS_DIR: ${error instanceof Error ? error.message : error}`);
  }
}
