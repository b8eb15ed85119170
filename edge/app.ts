/** The edge: every path that takes events, on one page. Unknown paths end here too, so other routes are added before. */
import { Hono } from 'hono';
import type { Clock, Database, KeyValue } from '../platform/ports.ts';
import type { Config } from '../schemas/config.ts';
import { ERRORS, type ErrorCode, InletError } from '../schemas/errors.ts';
import { accepting } from './accept/accept.ts';
import { failure, jsonAnswer, preflight } from './accept/answer.ts';
import { keyStore } from './accept/keys.ts';
import { CALLS, METRICS_PATH, methodOf, PREFIXES, SETTINGS_PATH } from './accept/paths.ts';
import { settings } from './accept/settings.ts';
import type { Enqueue } from './enqueue/enqueue.ts';
import type { EdgeMetrics } from './metrics.ts';

export interface EdgePorts {
  readonly enqueue: Enqueue;
  readonly control: Database;
  readonly cache: KeyValue;
  readonly clock: Clock;
  /** Address of the other end of the connection, where the platform can tell. */
  readonly clientIp?: (request: Request) => string | null;
  /** Told of every fault of ours, with what was thrown. */
  readonly report?: (fault: unknown) => void;
}

export function createEdge(ports: EdgePorts, config: Config, metrics: EdgeMetrics): Hono {
  const { enqueue, control, cache, clock, clientIp = () => null, report = () => undefined } = ports;
  const keys = keyStore({ control, cache, clock }, config.key_cache_seconds);
  const accept = accepting({ enqueue, keys, clock, clientIp }, config, metrics);

  /** Counts the request, and answers for what it threw. */
  async function answering(
    request: Request,
    call: string,
    answer: () => Promise<Response> | Response,
  ): Promise<Response> {
    const response = await answerOrFail(request, answer);
    metrics.countRequest(call, response.status);
    return response;
  }

  async function answerOrFail(request: Request, answer: () => Promise<Response> | Response): Promise<Response> {
    try {
      return await answer();
    } catch (error) {
      const code = error instanceof InletError ? error.code : 'internal';
      if (code === 'internal') report(error);
      return failure(request, code, mayRetry(code) ? { 'retry-after': String(config.retry_after_seconds) } : {});
    }
  }

  const app = new Hono({ strict: false });
  for (const prefix of PREFIXES) {
    for (const [path, call] of Object.entries(CALLS)) {
      app.post(prefix + path, ({ req }) => answering(req.raw, call, () => accept(req.raw, call)));
    }
    app.post(prefix + METRICS_PATH, ({ req }) =>
      answering(req.raw, 'metrics', () => jsonAnswer(req.raw, 200, '{"success":true}')),
    );
    app.get(`${prefix}${SETTINGS_PATH}`, ({ req }) =>
      answering(req.raw, 'settings', () => settings(req.raw, req.param('key'), keys)),
    );
  }
  app.notFound(({ req }) => answering(req.raw, 'unknown', () => offRoute(req.raw, req.path)));
  return app;
}

function offRoute(request: Request, path: string): Response {
  if (request.method === 'OPTIONS') return preflight(request);
  const method = methodOf(path);
  if (method === null) return failure(request, 'path_unknown');
  return failure(request, 'method_not_allowed', { allow: `${method}, OPTIONS` });
}

/** A fault of ours says nothing of when it will be gone. */
function mayRetry(code: ErrorCode): boolean {
  return ERRORS[code].http === 429 || ERRORS[code].http === 503;
}
