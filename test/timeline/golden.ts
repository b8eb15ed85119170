/** A timeline as the first version of the format has it, in two runs, of which the younger says that a row is gone. */
import type { Clock, Database, ObjectStore } from '../../platform/ports.ts';
import { type Page, readTimeline } from '../../query/resolve/timeline.ts';
import { TimelineFiles } from '../../query/timeline/files.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { isJsonObject } from '../../schemas/event.ts';
import { packId } from '../../schemas/pack.ts';
import { label, modelTimeline } from '../equivalence/timeline.model.ts';
import { event, START } from '../lakehouse/rows.ts';

export const GOLDEN_USERS = ['ada', 'größe 😀', 'nobody'];
const MANY = 2_400;

function rowsOf(pack: number, rows: readonly Partial<EventRow>[]): EventRow[] {
  const pack_id = packId('0123456789abcde', pack);
  return rows.map((columns, pack_index) => event({ ...columns, pack_id, pack_index }));
}

/** So many of one user that they fill two row groups. */
export const FIRST_ROWS = rowsOf(1, [
  ...Array.from({ length: MANY }, (_, place) => ({
    ...{ message_id: `m${place}`, timestamp: START + place * 1_000, received_at: START + 9_000_000 },
    properties: JSON.stringify({ place, shelf: place % 7 }),
  })),
  {
    ...{ message_id: 'whole', user_id: 'größe 😀', type: 'identify', event: null, source: 'app', library: 'js/2' },
    ...{ anonymous_id: 'anon', group_id: 'acme', page_url: 'https://shop.test/?a=1', campaign_name: 'spring' },
    ...{ traits: '{"name":"\ufeffG"}', context: '{"page":{"search":"?a=1"},"campaign":{}}', user_agent: 'Browser/1' },
  },
]);
/** One more, and one that arrived before `m5`, under another user. */
export const SECOND_ROWS = rowsOf(2, [
  { message_id: 'late', timestamp: START + 500 },
  { message_id: 'm5', user_id: 'größe 😀', received_at: START, timestamp: START + 5_000 },
]);

/** Puts the objects of the golden files into a store. @param golden what `timeline.golden.json` holds */
export async function putGolden(lake: ObjectStore, golden: unknown): Promise<void> {
  if (!isJsonObject(golden)) throw new TypeError('The golden timeline is an object of base64 texts');
  for (const [key, content] of Object.entries(golden)) {
    await lake.put(
      key,
      Uint8Array.from(atob(String(content)), (character) => character.charCodeAt(0)),
    );
  }
}

const QUESTION = { from: null, to: null, types: null, events: null, sources: null, where: null, first: 1_000 } as const;

/** Every golden user's timeline in both orders, page by page, and all fields of one event. */
export async function askGolden(lake: ObjectStore, index: Database, clock: Clock): Promise<unknown> {
  // Everything has left the index.
  await index.prepare('update index_state set dropped_newest = ?').bind(Number.MAX_SAFE_INTEGER).run();
  const files = new TimelineFiles({ lake, clock });
  const labels: string[][] = [];
  for (const user of GOLDEN_USERS) {
    for (const order of ['newest', 'oldest'] as const) {
      const whole: string[] = [];
      for (let after: string | null = null; ; ) {
        const query = { ...QUESTION, users: [user], order, after };
        const page: Page = await readTimeline(index, query, async () => 0, files);
        whole.push(
          ...page.edges.map(({ event: { timestamp, source, messageId } }) => label(timestamp, source, messageId)),
        );
        if (!page.hasNextPage) break;
        after = page.endCursor;
      }
      labels.push(whole);
    }
  }
  const one = {
    ...QUESTION,
    users: [GOLDEN_USERS[1] ?? ''],
    types: ['identify' as const],
    order: 'newest' as const,
    after: null,
  };
  const { edges } = await readTimeline(index, one, async () => 0, files);
  const found = edges[0]?.event;
  const fields = found && [found.type, found.event, found.userId, found.anonymousId, found.groupId, found.traits];
  return { labels, fields, context: found?.context, receivedAt: found?.receivedAt };
}

export function goldenAnswers(): unknown {
  const rows = [...FIRST_ROWS, ...SECOND_ROWS];
  const labels = GOLDEN_USERS.flatMap((user) => {
    const newest = modelTimeline(rows, { ...QUESTION, user });
    // No two events are at one time.
    return [newest, newest.toReversed()];
  });
  return {
    labels,
    fields: ['identify', null, 'größe 😀', 'anon', 'acme', { name: '\ufeffG' }],
    context: {
      page: { search: '?a=1', url: 'https://shop.test/?a=1' },
      campaign: { name: 'spring' },
      library: { name: 'js', version: '2' },
      userAgent: 'Browser/1',
    },
    receivedAt: START,
  };
}
