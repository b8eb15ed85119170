/** A set of questions over all that GraphQL answers out of read models, and a log that gives each of them something to say. */
import { isJsonObject } from '../../schemas/event.ts';
import type { JoinedApp } from './joined.ts';
import { USERS } from './workload.ts';

/** Ids of one person and of others: users, devices, and one whose merge was taken back. */
const IDS = [...USERS.slice(0, 3), 'laptop', 'phone', 'kiosk', 'renamed', 'parted'];
const RANGE = { from: '2026-06-01', to: '2026-08-31' };

const NODE = 'id nodeId messageId source type event name userId anonymousId groupId previousId timestamp receivedAt';
const EVENTS = `edges { cursor node { ${NODE} properties traits context user { id } } }
  pageInfo { hasNextPage endCursor startCursor } asOf`;
const OF_USER = `id nodeId profile { name avatar traits updatedAt firstSeen lastSeen }
  groups { id traits firstSeen lastSeen }
  products(first: 3) { edges { cursor node { id name category views lastAt chat { posts { text at } }
    sales { price quantity orderId at } } } pageInfo { hasNextPage } asOf since }
  all: events(first: 4) { ${EVENTS} }
  oldest: events(first: 4, order: OLDEST) { ${EVENTS} }
  tracks: events(first: 3, types: [track], events: ["Clicked", "Product Added"], from: "2026-07-01") { ${EVENTS} }
  days: events(from: "2026-07-01", to: "2026-07-02") { ${EVENTS} }
  app: events(sources: ["app"], first: 100) { ${EVENTS} }
  cheap: events(where: [{ path: ["price"], lt: 50 }, { path: ["category"], equals: "hats" }]) { ${EVENTS} }`;
const USER = `query ($id: ID!) { user(id: $id) { ${OF_USER} } }`;
const MORE = `query ($id: ID!, $after: String) { user(id: $id) { all: events(first: 4, after: $after) { ${EVENTS} } } }`;
const SEVERAL = `query ($ids: [ID!]!) { users(ids: $ids) { id profile { name traits } groups { id }
  events(first: 3) { nodes { ${NODE} } } } }`;
const EVENT = `query ($id: ID!, $node: ID!) { event(id: $id) { ${NODE} } node(id: $node) { nodeId ... on Event { ${NODE} } } }`;
const GROUPS = `query ($after: String) { groups(first: 1, after: $after) { edges { cursor node { id nodeId traits firstSeen lastSeen
  members(first: 1) { edges { cursor node { id nodeId } } pageInfo { hasNextPage endCursor } asOf } } }
  pageInfo { hasNextPage endCursor } asOf } }`;
const MEMBERS = `query ($id: ID!, $after: String) { group(id: $id) { members(first: 1, after: $after) {
  edges { cursor node { id groups { id traits } } } pageInfo { hasNextPage endCursor } asOf } } }`;
const REST = `{ reportList { name columns { name type } } sources { name lastSeen keys { kind createdAt } }
  failedEvents(first: 50) { edges { cursor node { nodeId code body receivedAt } } asOf }
  status { asOf queue { packs bytes oldest } lake { snapshot asOf rows files pendingSegments } } }`;
const REPORT = `query ($name: String!, $from: Date!, $to: Date!) {
  reports(name: $name, from: $from, to: $to) { rows asOf restated { date at because } } }`;

export interface Recorded {
  readonly question: string;
  readonly variables: Record<string, unknown>;
}

/** Sends what the workload of a shop does not: people with several ids, corrections, what they said of products. */
export async function sendPeople(app: JoinedApp): Promise<void> {
  const page = (messageId: string, ids: object): object => ({ type: 'page', name: 'Home', messageId, ...ids });
  const login = (messageId: string, userId: string, anonymousId: string, traits: object): object => ({
    ...{ type: 'identify', messageId, userId, anonymousId, traits },
  });
  const shop = [
    ...[0, 1, 2].map((visit) => page(`laptop ${visit}`, { anonymousId: 'laptop' })),
    login('login', 'user-0', 'laptop', { firstName: 'Ann', avatar: 'https://example.com/ann.png' }),
    page('phone', { anonymousId: 'phone' }),
    login('second login', 'user-0', 'phone', { plan: 'pro' }),
    login('kiosk', 'user-1', 'kiosk', {}),
    login('kiosk again', 'user-2', 'kiosk', {}),
    page('kiosk visit', { anonymousId: 'kiosk' }),
    { type: 'alias', messageId: 'rename', userId: 'renamed', previousId: 'user-0' },
    page('of a parted one', { userId: 'parted' }),
    { type: 'alias', messageId: 'wrong merge', userId: 'renamed', previousId: 'parted' },
    { type: 'group', messageId: 'group', userId: 'user-0', groupId: 'team', traits: { name: 'Team' } },
    { type: 'group', messageId: 'group of a laptop', anonymousId: 'laptop', groupId: 'team', traits: { plan: 'pro' } },
    { type: 'group', messageId: 'second member', userId: 'user-1', groupId: 'team' },
    { type: 'group', messageId: 'left', userId: 'user-2', groupId: 'team' },
    { type: 'group', messageId: 'other group', userId: 'user-2', groupId: 'club' },
    track('said', 'Chat Message Sent', { product_id: 'p1', text: 'Is it warm?' }),
    track('bought', 'Order Completed', { order_id: 'o1', products: [{ product_id: 'p1', price: 3, quantity: 2 }] }),
    track('test order', 'Order Completed', { order_id: 'o2', products: [{ product_id: 'p2', price: 9 }] }),
  ];
  for (const event of shop) {
    await app.sim.clock.advance(1_000);
    await sendAll(app, 'shop', [event]);
  }
  const taken = ['wrong merge', 'test order', 'kiosk', 'laptop 1', 'left'].map((message_id) => ({
    ...{ type: 'track', event: 'Event Retracted', userId: 'support', messageId: `retracts ${message_id}` },
    properties: { message_id, source: 'shop' },
  }));
  await sendAll(app, 'server', taken);
}

function track(messageId: string, event: string, properties: object): object {
  return { type: 'track', userId: 'user-0', messageId, event, properties };
}

async function sendAll(app: JoinedApp, source: 'shop' | 'server', events: readonly object[]): Promise<void> {
  const answer = await (await app.batch(source, events)).text();
  if (!answer.includes(`"accepted":${events.length},`)) throw new Error(answer);
}

/** The whole set; with what is there now come the events and cursors that it asks for. */
export async function record(app: JoinedApp): Promise<Recorded[]> {
  const questions: Recorded[] = [{ question: REST, variables: {} }];
  const about = (question: string, variables: Record<string, unknown>): void => {
    questions.push({ question, variables });
  };
  for (const id of IDS) {
    about(USER, { id });
    const text = JSON.stringify(await app.ask(MORE, { id, after: null }));
    about(MORE, { id, after: /"endCursor":"([^"]+)"/.exec(text)?.[1] ?? null });
    const [, event, node] = /"id":"([^"]+)","nodeId":"([^"]+)"/.exec(text) ?? [];
    if (event !== undefined) about(EVENT, { id: event, node });
  }
  about(SEVERAL, { ids: IDS });
  await walk(app, GROUPS, {}, about);
  for (const id of ['team', 'club', 'nothing']) await walk(app, MEMBERS, { id }, about);
  for (const name of await reportNames(app)) about(REPORT, { name, ...RANGE });
  return questions;
}

/** Each page that there is now. */
async function walk(
  app: JoinedApp,
  question: string,
  variables: Record<string, unknown>,
  about: (question: string, variables: Record<string, unknown>) => void,
): Promise<void> {
  let after: string | null = null;
  do {
    about(question, { ...variables, after });
    const text: string = JSON.stringify(await app.ask(question, { ...variables, after }));
    // Its own comes last.
    const last = text.lastIndexOf('"pageInfo"');
    after = /"hasNextPage":true,"endCursor":"([^"]+)"/.exec(text.slice(last))?.[1] ?? null;
  } while (after !== null);
}

async function reportNames(app: JoinedApp): Promise<string[]> {
  const answer = await app.ask('{ reportList { name } }');
  const list = isJsonObject(answer) && Array.isArray(answer.reportList) ? answer.reportList : [];
  return list.map(({ name }: { name: string }) => name);
}

export async function answersTo(app: JoinedApp, questions: readonly Recorded[]): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const { question, variables } of questions) answers.push(await app.ask(question, variables));
  return answers;
}

/** What holds whenever it is asked: answers without cursors and times of completeness. */
export function lasting(answers: readonly unknown[]): unknown {
  return JSON.parse(
    JSON.stringify(answers, (key, value: unknown) =>
      ['cursor', 'endCursor', 'startCursor', 'asOf', 'status'].includes(key) ? undefined : value,
    ),
  );
}
