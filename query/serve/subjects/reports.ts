/** Stored reports. */
import { InletError } from '../../../schemas/errors.ts';
import { groupReport } from '../../resolve/grouped-report.ts';
import type { QueryServices, Report, ReportHeader } from '../services.ts';

interface ReportArguments {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly groupBy?: readonly string[] | null;
}

export function reportResolvers(services: QueryServices) {
  return {
    Query: {
      reports: async (_root: unknown, { name, from, to, groupBy }: ReportArguments): Promise<Report> => {
        if (from > to) throw new InletError('date_invalid');
        const report = await services.readReport(name, from, to);
        return groupBy === undefined || groupBy === null ? report : groupReport(report, groupBy);
      },
      reportList: (): Promise<readonly ReportHeader[]> => services.listReports(),
    },
  };
}
