/**
 * A client for services that ask Inlet: one file, no dependencies, for any runtime that has fetch. Copy it, or import it.
 *
 *     const inlet = createClient({ url: 'http://127.0.0.1:8080', token });
 *     for await (const event of inlet.events('ada', { types: ['track'] })) …
 */

export interface ClientOptions {
  /** Where Inlet is, without the path. */
  readonly url: string;
  /** A read token. */
  readonly token: string;
}

export type EventType = 'track' | 'page' | 'screen' | 'identify' | 'group' | 'alias';

/** Times are ISO 8601 in UTC. */
export interface InletEvent {
  readonly id: string;
  readonly messageId: string;
  readonly source: string;
  readonly type: EventType;
  readonly event: string | null;
  readonly name: string | null;
  readonly userId: string | null;
  readonly anonymousId: string | null;
  readonly groupId: string | null;
  readonly timestamp: string;
  readonly receivedAt: string;
  readonly properties: Readonly<Record<string, unknown>> | null;
  readonly traits: Readonly<Record<string, unknown>> | null;
  readonly context: Readonly<Record<string, unknown>> | null;
}

export interface PropertyFilter {
  readonly path: string | readonly string[];
  readonly equals?: string | number | boolean | null;
  readonly in?: readonly (string | number | boolean | null)[];
  readonly gt?: string | number;
  readonly lt?: string | number;
  readonly exists?: boolean;
}

export interface EventFilter {
  readonly from?: string;
  readonly to?: string;
  readonly types?: readonly EventType[];
  readonly events?: readonly string[];
  readonly sources?: readonly string[];
  readonly where?: readonly PropertyFilter[];
  readonly order?: 'NEWEST' | 'OLDEST';
}

export interface Profile {
  readonly name: string | null;
  readonly avatar: string | null;
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
  readonly traits: Readonly<Record<string, unknown>>;
  readonly updatedAt: string | null;
}

export interface User {
  readonly id: string;
  readonly profile: Profile;
}

/** As the group calls of all users speak of it. */
export interface Group {
  readonly id: string;
  readonly traits: Readonly<Record<string, unknown>>;
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
}

export interface Product {
  readonly id: string;
  readonly name: string | null;
  readonly category: string | null;
  readonly views: number;
  readonly lastAt: string;
  readonly chat: { readonly posts: readonly { readonly text: string; readonly at: string }[] };
  readonly sale: { readonly price: number | null; readonly quantity: number; readonly at: string } | null;
}

export type ReportRow = Readonly<Record<string, string | number | null>>;

export interface FailedEvent {
  readonly id: string;
  readonly source: string;
  readonly code: string;
  readonly message: string | null;
  readonly receivedAt: string;
  readonly body: string | null;
  readonly bytes: number | null;
}

export interface FailedFilter {
  readonly from?: string;
  readonly to?: string;
  readonly codes?: readonly string[];
  readonly sources?: readonly string[];
}

export interface LiveFilter {
  readonly source?: string;
  readonly user?: string;
  readonly types?: readonly EventType[];
}

export interface Client {
  /** Whatever the schema has. @throws InletQueryError */
  ask<Data>(query: string, variables?: object): Promise<Data>;
  /** A user's events, page after page, each once. */
  events(user: string, filter?: EventFilter): AsyncGenerator<InletEvent, void>;
  /** In the order of the ids. */
  users(ids: readonly string[]): Promise<User[]>;
  products(user: string): AsyncGenerator<Product, void>;
  /** By id, page after page, each once. */
  groups(): AsyncGenerator<Group, void>;
  /** Users whose group calls name the group, each person once. */
  members(group: string): AsyncGenerator<User, void>;
  /** One object a row. @param groupBy columns whose rows are added up */
  report(name: string, from: string, to: string, groupBy?: readonly string[]): Promise<ReportRow[]>;
  failedEvents(filter?: FailedFilter): AsyncGenerator<FailedEvent, void>;
  /** Events as they come in, until the signal is aborted or the loop is left. */
  live(filter?: LiveFilter, signal?: AbortSignal): AsyncGenerator<InletEvent, void>;
}

/** `codes` are those of Inlet's error table, such as `query_too_costly`. */
export class InletQueryError extends Error {
  override readonly name = 'InletQueryError';
  readonly codes: readonly string[];

  constructor(status: number, errors: readonly GraphqlError[]) {
    super(errors.map(({ message }) => message).join('; ') || `Inlet answered ${status}`);
    this.codes = errors.map(({ extensions }) => extensions?.code ?? 'internal');
  }
}

interface GraphqlError {
  readonly message: string;
  readonly extensions?: { readonly code?: string };
}

interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly GraphqlError[];
}

interface Page<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

const EVENT = `id messageId source type event name userId anonymousId groupId timestamp receivedAt properties traits context`;
const PAGE_INFO = 'pageInfo { hasNextPage endCursor }';
const EVENTS = `query ($user: ID!, $from: DateTime, $to: DateTime, $types: [EventType!], $events: [String!],
  $sources: [String!], $where: [PropertyFilter!], $order: EventOrder, $after: String) {
  user(id: $user) { page: events(from: $from, to: $to, types: $types, events: $events, sources: $sources, where: $where,
    order: $order, first: 500, after: $after) { nodes { ${EVENT} } ${PAGE_INFO} } } }`;
const USER = 'id profile { name avatar firstSeen lastSeen traits updatedAt }';
const USERS = `query ($ids: [ID!]!) { users(ids: $ids) { ${USER} } }`;
const GROUPS = `query ($after: String) { page: groups(first: 50, after: $after) {
  nodes { id traits firstSeen lastSeen } ${PAGE_INFO} } }`;
const MEMBERS = `query ($group: ID!, $after: String) { group(id: $group) { page: members(first: 20, after: $after) {
  nodes { ${USER} } ${PAGE_INFO} } } }`;
const PRODUCTS = `query ($user: ID!, $after: String) { user(id: $user) { page: products(first: 50, after: $after) {
  nodes { id name category views lastAt chat { posts { text at } } sale { price quantity at } } ${PAGE_INFO} } } }`;
const REPORT = `query ($name: String!, $from: Date!, $to: Date!, $groupBy: [String!]) {
  reports(name: $name, from: $from, to: $to, groupBy: $groupBy) { columns { name } rows } }`;
const FAILED = `query ($from: DateTime, $to: DateTime, $codes: [String!], $sources: [String!], $after: String) {
  page: failedEvents(from: $from, to: $to, codes: $codes, sources: $sources, first: 50, after: $after) {
    nodes { id source code message receivedAt body bytes } ${PAGE_INFO} } }`;
const LIVE = `subscription ($source: String, $user: ID, $types: [EventType!]) {
  events(source: $source, user: $user, types: $types) { ${EVENT} } }`;

export function createClient({ url, token }: ClientOptions): Client {
  const post = (accept: string, query: string, variables: object, signal?: AbortSignal): Promise<Response> =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
      ...(signal === undefined ? {} : { signal }),
    });

  async function ask<Data>(query: string, variables: object = {}): Promise<Data> {
    const response = await post('application/graphql-response+json', query, variables);
    return dataOf<Data>(response.status, parse<Data>(await response.text()));
  }

  async function* pages<Node>(read: (after: string | null) => Promise<Page<Node>>): AsyncGenerator<Node, void> {
    let after: string | null = null;
    for (;;) {
      const page: Page<Node> = await read(after);
      yield* page.nodes;
      if (!page.pageInfo.hasNextPage) return;
      after = page.pageInfo.endCursor;
    }
  }

  return {
    ask,
    events: (user, filter = {}) =>
      pages(
        async (after) =>
          (await ask<{ user: { page: Page<InletEvent> } }>(EVENTS, { ...filter, user, after })).user.page,
      ),
    users: async (ids) => (await ask<{ users: User[] }>(USERS, { ids })).users,
    products: (user) =>
      pages(async (after) => (await ask<{ user: { page: Page<Product> } }>(PRODUCTS, { user, after })).user.page),
    groups: () => pages(async (after) => (await ask<{ page: Page<Group> }>(GROUPS, { after })).page),
    members: (group) =>
      pages(async (after) => (await ask<{ group: { page: Page<User> } }>(MEMBERS, { group, after })).group.page),
    async report(name, from, to, groupBy) {
      const { reports } = await ask<{ reports: { columns: { name: string }[]; rows: ReportRow[string][][] } }>(REPORT, {
        ...{ name, from, to, groupBy },
      });
      return reports.rows.map((row) =>
        Object.fromEntries(reports.columns.map((column, place) => [column.name, row[place] ?? null])),
      );
    },
    failedEvents: (filter = {}) =>
      pages(async (after) => (await ask<{ page: Page<FailedEvent> }>(FAILED, { ...filter, after })).page),
    async *live(filter = {}, signal) {
      const response = await post('text/event-stream', LIVE, filter, signal);
      for await (const text of eventData(response)) {
        yield dataOf(response.status, parse<{ events: InletEvent }>(text)).events;
      }
    },
  };
}

function dataOf<Data>(status: number, { data, errors }: Answer<Data>): Data {
  if (errors === undefined && data !== undefined && data !== null) return data;
  throw new InletQueryError(status, errors ?? []);
}

/** What Inlet answers fits the schema. */
function parse<Data>(text: string): Answer<Data> {
  const answer: Answer<Data> = JSON.parse(text);
  return answer;
}

/** The data of server-sent events, one by one. Leaving the loop hangs up. */
async function* eventData({ body }: Response): AsyncGenerator<string, void> {
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  try {
    for (;;) {
      const { value, done } = (await reader?.read()) ?? { value: '', done: true };
      if (done) return;
      const events = (text + value).split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const data = /^data: (.+)$/m.exec(event)?.[1];
        if (data !== undefined) yield data;
      }
    }
  } finally {
    await reader?.cancel().catch(() => {});
  }
}
