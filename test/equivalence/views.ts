/** The answers of the joined app, brought to one form. */
import { isJsonObject } from '../../schemas/event.ts';
import type { JoinedApp } from './joined.ts';
import { label } from './timeline.model.ts';

export interface TimelinePage {
  readonly nodes: readonly TimelineNode[];
  readonly hasNextPage: boolean;
  readonly endCursor: string | null;
  /** Epoch milliseconds. */
  readonly asOf: number;
}

interface TimelineNode {
  readonly timestamp: string;
  readonly source: string;
  readonly messageId: string;
}

const TIMELINE = `query ($user: ID!, $first: Int, $after: String) {
  user(id: $user) { events(first: $first, after: $after) {
    nodes { timestamp source messageId } pageInfo { hasNextPage endCursor } asOf } } }`;

export async function timelinePage(
  app: JoinedApp,
  user: string,
  first: number,
  after: string | null,
): Promise<TimelinePage> {
  const answer = await app.ask(TIMELINE, { user, first, after });
  if (!isAnswer(answer)) throw new Error(`not a timeline: ${JSON.stringify(answer)}`);
  const { nodes, pageInfo, asOf } = answer.user.events;
  return { nodes, ...pageInfo, asOf: Date.parse(asOf) };
}

/** Labels of all events from a cursor on, read in small pages. */
export async function timelineOf(app: JoinedApp, user: string, after: string | null = null): Promise<string[]> {
  const labels: string[] = [];
  let cursor = after;
  for (;;) {
    const { nodes, hasNextPage, endCursor } = await timelinePage(app, user, 7, cursor);
    labels.push(...nodes.map((node) => label(Date.parse(node.timestamp), node.source, node.messageId)));
    if (!hasNextPage) return labels;
    cursor = endCursor;
  }
}

/** Labels and users of every event in the log, as SQL has them. */
export async function eventsBySql(app: JoinedApp): Promise<string[]> {
  const rows = await app.select(
    `select concat_ws(' ', user_key, epoch_ms("timestamp"), source, message_id) from events order by all`,
  );
  return rows.map(String);
}

/** Rows of a stored report, by GraphQL. */
export async function storedReport(app: JoinedApp, name: string, from: string, to: string): Promise<unknown[]> {
  const answer = await app.ask(
    'query ($name: String!, $from: Date!, $to: Date!) { reports(name: $name, from: $from, to: $to) { rows } }',
    { name, from, to },
  );
  const report = isJsonObject(answer) && isJsonObject(answer.reports) ? answer.reports.rows : null;
  if (!Array.isArray(report)) throw new Error(`not a report: ${JSON.stringify(answer)}`);
  return report;
}

interface TimelineAnswer {
  readonly user: {
    readonly events: {
      readonly nodes: readonly TimelineNode[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
      readonly asOf: string;
    };
  };
}

function isAnswer(value: unknown): value is TimelineAnswer {
  return isJsonObject(value) && isJsonObject(value.user) && isJsonObject(value.user.events);
}
