/** An edge over ports in memory, and what it put into the queue. */
import { createEdge, type EdgePorts } from '../../edge/app.ts';
import { decodePack, type Pack } from '../../edge/enqueue/pack.ts';
import { packPerRequest } from '../../edge/enqueue/pack-per-request.ts';
import { expandPack } from '../../edge/expand/expand.ts';
import { createEdgeMetrics, type EdgeMetrics } from '../../edge/metrics.ts';
import { type SimPorts, simPorts } from '../../platform/sim/ports.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { type Config, parseConfig } from '../../schemas/config.ts';

export const PUBLIC_KEY = 'wk_public';
export const SECRET_KEY = 'wk_secret';
export const REVOKED_KEY = 'wk_revoked';

export interface TestEdge {
  readonly ports: SimPorts;
  readonly metrics: EdgeMetrics;
  /** What was reported as a fault. */
  readonly faults: unknown[];
  readonly fetch: (request: Request) => Promise<Response>;
  /** A POST under the public key. */
  readonly post: (path: string, body: unknown, headers?: Record<string, string>) => Promise<Response>;
  /** Takes every pack out of the queue. */
  readonly packs: () => Promise<Pack[]>;
  /** The same, expanded. */
  readonly rows: () => Promise<EventRow[]>;
}

export async function openEdge(
  config: Partial<Config> = {},
  more: (ports: SimPorts) => Partial<EdgePorts> = () => ({}),
): Promise<TestEdge> {
  const ports = await simPorts();
  await addKeys(ports);
  const metrics = createEdgeMetrics();
  const faults: unknown[] = [];
  const report = (fault: unknown): void => {
    faults.push(fault);
  };
  const app = createEdge(
    { ...ports, enqueue: packPerRequest(ports), report, ...more(ports) },
    { ...parseConfig({}), ...config },
    metrics,
  );
  const fetch = async (request: Request): Promise<Response> => app.fetch(request);

  const packs = async (): Promise<Pack[]> => {
    const packs: Pack[] = [];
    while (ports.queue.waiting > 0) {
      await ports.queue.deliver(async ({ messages }) => {
        for (const { body } of messages) {
          if (!(body instanceof ArrayBuffer)) throw new Error('a message is not bytes');
          packs.push(decodePack(new Uint8Array(body)));
        }
      });
    }
    return packs;
  };

  return {
    ports,
    metrics,
    faults,
    fetch,
    post: (path, body, headers = {}) => fetch(post(path, body, { authorization: basic(PUBLIC_KEY), ...headers })),
    packs,
    rows: async () => (await packs()).flatMap(expandPack),
  };
}

async function addKeys({ control, clock }: SimPorts): Promise<void> {
  const insert = control.prepare(
    'insert into write_keys (write_key, source, kind, created_at, revoked_at) values (?, ?, ?, ?, ?)',
  );
  await control.batch([
    insert.bind(PUBLIC_KEY, 'shop', 'public', clock.now(), null),
    insert.bind(SECRET_KEY, 'server', 'secret', clock.now(), null),
    insert.bind(REVOKED_KEY, 'old', 'public', clock.now(), clock.now()),
  ]);
}

export function basic(writeKey: string): string {
  return `Basic ${btoa(`${writeKey}:`)}`;
}

/** @param body text or bytes as they are, anything else as JSON */
export function post(path: string, body: unknown, headers: Record<string, string> = {}): Request {
  const content =
    body instanceof Uint8Array ? new Uint8Array(body) : typeof body === 'string' ? body : JSON.stringify(body);
  return new Request(`http://inlet.test${path}`, { method: 'POST', headers, body: content });
}

/** A good event, with whatever is to be different. */
export function track(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return { type: 'track', event: 'Clicked', userId: 'ada', messageId: 'm-1', ...fields };
}

export interface Answer {
  readonly success: boolean;
  readonly code?: string;
  readonly accepted: number;
  readonly rejected: readonly Finding[];
  readonly warnings: readonly Finding[];
}

interface Finding {
  readonly index: number;
  readonly code: string;
}

/** @throws when the answer is not about events. */
export async function answerOf(response: Response): Promise<Answer> {
  const answer: unknown = await response.json();
  if (!isAnswer(answer)) throw new Error(`not an answer about events: ${JSON.stringify(answer)}`);
  return { ...answer, warnings: answer.warnings ?? [] };
}

function isAnswer(value: unknown): value is Omit<Answer, 'warnings'> & { warnings?: Answer['warnings'] } {
  return typeof value === 'object' && value !== null && 'accepted' in value && 'rejected' in value;
}
