/** What tests ask of a running Inlet. */
import type { RunningInlet } from './inlet.ts';

export async function sendBatch(
  inlet: Pick<RunningInlet, 'url' | 'writeKey'>,
  batch: readonly object[],
): Promise<Response> {
  return fetch(`${inlet.url}/v1/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Basic ${btoa(`${inlet.writeKey}:`)}` },
    body: JSON.stringify({ batch, sentAt: new Date().toISOString() }),
  });
}

/** @throws when the answer holds errors. */
export async function askGraphql(
  inlet: Pick<RunningInlet, 'url' | 'readToken'>,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<unknown> {
  const response = await fetch(`${inlet.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${inlet.readToken}` },
    body: JSON.stringify({ query, variables }),
  });
  const answer: unknown = await response.json();
  if (typeof answer !== 'object' || answer === null || 'errors' in answer || !('data' in answer)) {
    throw new Error(`GraphQL answered ${response.status}: ${JSON.stringify(answer)}`);
  }
  return answer.data;
}

export interface TimelineEvent {
  readonly id: string;
  readonly messageId: string;
  readonly source: string;
  readonly type: string;
  readonly timestamp: string;
}

interface TimelineAnswer {
  readonly user: {
    readonly events: {
      readonly nodes: readonly TimelineEvent[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
    };
  };
}

const TIMELINE = `query ($id: ID!, $after: String) {
  user(id: $id) { events(first: 1000, after: $after) {
    nodes { id messageId source type timestamp } pageInfo { hasNextPage endCursor } } } }`;

/** All events of a user, page by page. */
export async function wholeTimeline(inlet: RunningInlet, user: string): Promise<TimelineEvent[]> {
  const events: TimelineEvent[] = [];
  let after: string | null = null;
  for (;;) {
    const answer: unknown = await askGraphql(inlet, TIMELINE, { id: user, after });
    if (!isTimelineAnswer(answer)) throw new Error(`not a timeline: ${JSON.stringify(answer)}`);
    const page = answer.user.events;
    events.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) return events;
    after = page.pageInfo.endCursor;
  }
}

function isTimelineAnswer(value: unknown): value is TimelineAnswer {
  return typeof value === 'object' && value !== null && 'user' in value;
}

/** One number of `/metrics`; null where the line is missing. */
export async function readMetric(inlet: Pick<RunningInlet, 'url'>, name: string): Promise<number | null> {
  const text = await (await fetch(`${inlet.url}/metrics`)).text();
  const line = text
    .split('\n')
    .find((candidate) => candidate.startsWith(`${name} `) || candidate.startsWith(`${name}{`));
  return line === undefined ? null : Number(line.slice(line.lastIndexOf(' ') + 1));
}

/** @throws when the queue is not empty in time. */
export async function waitUntilDrained(inlet: Pick<RunningInlet, 'url'>, timeout_ms = 60_000): Promise<void> {
  const deadline = Date.now() + timeout_ms;
  while ((await readMetric(inlet, 'inlet_queue_backlog_messages')) !== 0) {
    if (Date.now() > deadline) throw new Error('the queue did not drain in time');
    await Bun.sleep(50);
  }
}
