/** What must hold in every world. Each check gives sentences about what does not. */
import { readRows } from '../../lakehouse/append/read.ts';
import { openLog } from '../../lakehouse/catalog/log.ts';
import type { Database } from '../../platform/ports.ts';
import type { SimPorts } from '../../platform/sim/ports.ts';
import { type Page, readTimeline } from '../../query/resolve/timeline.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { label, modelTimeline } from '../equivalence/timeline.model.ts';

export interface Sent {
  readonly messageId: string;
  readonly user: string;
  /** Epoch milliseconds, as `acknowledgedAt` is. */
  readonly timestamp: number;
  acknowledgedAt: number | null;
}

const EVERYTHING = { from: null, to: null, types: null, events: null };
const UNFILTERED = { sources: null, where: null, order: 'newest' } as const;

export function readTimelineOf(index: Database, user: string, asOf: () => Promise<number>): Promise<Page> {
  return readTimeline(index, { users: [user], ...EVERYTHING, ...UNFILTERED, first: 1_000, after: null }, asOf);
}

/** An answer is as complete as it says. Events with copies under other users may be shown there. */
export function missingAsOf({ edges, asOf }: Page, user: string, sent: readonly Sent[]): string[] {
  const shown = new Set(edges.map(({ event }) => event.messageId));
  const elsewhere = new Set(sent.filter((event) => event.user !== user).map(({ messageId }) => messageId));
  return sent
    .filter(({ messageId }) => !shown.has(messageId) && !elsewhere.has(messageId))
    .filter((event) => event.user === user && event.acknowledgedAt !== null && event.acknowledgedAt < asOf)
    .map(({ messageId }) => `${messageId} of ${user} is missing from an answer as of ${asOf}`);
}

/** Healed and drained: nothing lost, nothing twice, nothing made up, and the hot index says what the log says. */
export async function problemsOf(ports: SimPorts, sent: readonly Sent[], users: readonly string[]): Promise<string[]> {
  const problems: string[] = [];
  const rows = await logRows(ports);
  const logged = new Set(rows.map(({ message_id }) => message_id));
  const known = new Set(sent.map(({ messageId }) => messageId));
  for (const { messageId, acknowledgedAt } of sent) {
    if (acknowledgedAt !== null && !logged.has(messageId)) problems.push(`${messageId} was acknowledged and is lost`);
  }
  for (const messageId of logged) if (!known.has(messageId)) problems.push(`${messageId} was never sent`);

  const shown: string[] = [];
  for (const user of users) {
    const { edges } = await readTimelineOf(ports.index, user, async () => 0);
    const timeline = edges.map(({ event }) => label(event.timestamp, event.source, event.messageId));
    const expected = modelTimeline(rows, { user, ...EVERYTHING });
    if (timeline.join() !== expected.join()) problems.push(`the timeline of ${user} is not what the log says`);
    shown.push(...edges.map(({ event }) => event.messageId));
  }
  if (new Set(shown).size !== shown.length) problems.push('an event is in the timelines twice');
  if (shown.length !== logged.size) problems.push(`${logged.size} events are in the log, ${shown.length} in timelines`);
  return problems;
}

async function logRows({ lake }: SimPorts): Promise<EventRow[]> {
  const rows: EventRow[] = [];
  for (const { key } of (await openLog(lake)).segments)
    for await (const group of readRows(lake, key)) rows.push(...group);
  return rows;
}
