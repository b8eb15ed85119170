/** The HTTP surface: the roles of this process on one Hono app, with the operator's three paths beside them. */
import { Hono } from 'hono';
import { createEdge } from '../../edge/app.ts';
import type { Enqueue } from '../../edge/enqueue/enqueue.ts';
import type { EdgeMetrics } from '../../edge/metrics.ts';
import { type FailedQuery, readFailedEvents } from '../../lakehouse/failed/read.ts';
import { readReport, storedReports } from '../../lakehouse/report/read.ts';
import type { AuditLine } from '../../query/access/audit.ts';
import type { Follow } from '../../query/live/live.ts';
import { createQuery, type QueryOptions } from '../../query/serve/app.ts';
import { timedStore } from '../../query/serve/timeout.ts';
import { TimelineFiles } from '../../query/timeline/files.ts';
import type { Config } from '../../schemas/config.ts';
import type { Ports } from '../ports.ts';
import { createAsOf } from './as-of.ts';
import { listSources } from './sources.ts';
import { readStatus } from './status.ts';

export interface HttpOptions extends QueryOptions {
  readonly enqueue: Enqueue;
  readonly edgeMetrics: EdgeMetrics;
  /** Address of the caller, where the platform knows it. */
  readonly clientIp: (request: Request) => string | null;
  /** Told of every fault of ours, with what was thrown. */
  readonly report: (fault: unknown) => void;
  /** Told who read whose timeline; returns at once. */
  readonly audit: (line: AuditLine) => void;
  /** Arrival of the oldest event that no store has yet, epoch milliseconds; null without any. */
  readonly oldestPending: () => Promise<number | null>;
  /** Tells of the rows of the log as they come in. */
  readonly follow: Follow;
  /** What keeps this process from serving; empty when it is ready. */
  readonly problems: () => Promise<string[]>;
  /** Further Prometheus lines of the platform. */
  readonly platformMetrics: () => Promise<string>;
}

export function createHttp(ports: Ports, config: Config, options: HttpOptions): Hono {
  const app = config.roles.includes('ingest')
    ? createEdge({ ...ports, ...options }, config, options.edgeMetrics)
    : new Hono();
  app.get('/livez', (context) => context.text('ok\n'));
  app.get('/readyz', async (context) => {
    const problems = await options.problems();
    return context.json({ ready: problems.length === 0, problems }, problems.length === 0 ? 200 : 503);
  });
  app.get('/metrics', async (context) =>
    context.text(`${options.edgeMetrics.render()}${await options.platformMetrics()}`, 200, {
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    }),
  );
  if (config.roles.includes('query')) {
    const asOf = createAsOf({ ...ports, ...options });
    const lake = timedStore(ports.lake);
    const services = {
      index: ports.index,
      timeline: new TimelineFiles({ ...ports, lake }),
      control: ports.control,
      clock: ports.clock,
      report: options.report,
      audit: options.audit,
      asOf,
      readReport: (name: string, from: string, to: string) => readReport(lake, name, from, to),
      listReports: () => storedReports(lake),
      readFailedEvents: (query: FailedQuery) => readFailedEvents(lake, query),
      listSources: () => listSources(ports.control),
      follow: options.follow,
      readStatus: () => readStatus({ ...ports, lake, asOf }),
    };
    app.route('/', createQuery(services, config, options));
  }
  return app;
}
