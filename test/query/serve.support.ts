import { createHash } from 'node:crypto';
import type { Clock, Database } from '../../platform/ports.ts';
import { createQuery, type QueryOptions } from '../../query/serve/app.ts';
import type { QueryServices } from '../../query/serve/services.ts';
import { parseConfig } from '../../schemas/config.ts';
import { InletError } from '../../schemas/errors.ts';
import { SCOPES, type Scope } from '../../schemas/scopes.ts';
import { openControl, openIndex, T0 } from './support.ts';

export const TOKEN = 'a-read-token';
export const URL_GRAPHQL = 'http://inlet.test/graphql';

interface Answer {
  status: number;
  headers: Headers;
  data: Record<string, unknown> | null | undefined;
  codes: unknown[];
  messages: string[];
}

export interface Service {
  index: Database;
  control: Database;
  clock: { time: number };
  fetch(url: string, init?: RequestInit): Promise<Response>;
  ask(query: string, variables?: Record<string, unknown>): Promise<Answer>;
}

export async function openService(
  overrides: Partial<QueryServices> = {},
  env: Record<string, string> = {},
  scopes: readonly Scope[] = SCOPES,
  options: QueryOptions = {},
): Promise<Service> {
  const clock = { time: T0 };
  const control = overrides.control ?? openControl();
  const index = overrides.index ?? openIndex();
  const hash = createHash('sha256').update(TOKEN).digest('hex');
  await control
    .prepare('insert or ignore into read_tokens (token_sha256, name, created_at, scopes) values (?, ?, ?, ?)')
    .bind(hash, 'test', T0, scopes.join(' '))
    .run();
  const fixedClock: Clock = { now: () => clock.time, sleep: async () => {} };
  const app = createQuery(
    {
      index,
      control,
      clock: fixedClock,
      report: () => {},
      audit: () => {},
      asOf: async () => T0,
      async readReport(name, from, to) {
        if (name !== 'events_by_day') throw new InletError('report_unknown');
        return {
          name,
          description: 'Events.',
          grain: 'day and type',
          columns: [{ name: 'date', type: 'date', text: 'The day.' }],
          sums: [],
          rows: [[from], [to]],
          asOf: T0,
          timezone: 'Europe/Berlin',
          restated: [{ date: from, at: T0, because: 'events' }],
        };
      },
      listReports: async () => [
        { name: 'events_by_day', description: 'Events.', grain: 'day and type', columns: [], sums: [] },
      ],
      readFailedEvents: async () => ({ events: [], next: null }),
      listSources: async () => [],
      follow: () => () => {},
      readStatus: async () => {
        throw new Error('there is none');
      },
      ...overrides,
    },
    parseConfig(env),
    options,
  );
  const authorized = { authorization: `Bearer ${TOKEN}` };
  const fetch = async (url: string, init: RequestInit = {}): Promise<Response> =>
    app.request(url, { ...init, headers: { ...authorized, ...Object.fromEntries(new Headers(init.headers)) } });
  return {
    index,
    control,
    clock,
    fetch,
    async ask(query, variables = {}) {
      const response = await fetch(URL_GRAPHQL, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
        body: JSON.stringify({ query, variables }),
      });
      const body: {
        data?: Record<string, unknown> | null;
        errors?: { message: string; extensions?: { code?: string } }[];
      } = JSON.parse(await response.text());
      return {
        status: response.status,
        headers: response.headers,
        data: body.data,
        codes: (body.errors ?? []).map(({ extensions }) => extensions?.code),
        messages: (body.errors ?? []).map(({ message }) => message),
      };
    },
  };
}
