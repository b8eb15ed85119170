/** Events as apps send them, over four months with a new year and clock changes, and the packs that carry them. */
import { expandPack } from '../../edge/expand/expand.ts';
import type { SeededRandom } from '../../platform/sim/random.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { packId } from '../../schemas/pack.ts';

const HOUR_MS = 3_600_000;
/** Around the end of a year and the days on which clocks change in New York, Beirut and Berlin. */
const TIMES = ['2025-12-20', '2025-12-29', '2026-01-05', '2026-01-31', '2026-03-07', '2026-03-27', '2026-03-28'].map(
  (day) => Date.parse(day),
);
const SPAN_HOURS = 72;
const TYPES = ['track', 'track', 'track', 'track', 'page', 'screen', 'identify', 'group', 'alias'] as const;
const EVENTS = ['Product Viewed', 'Product Viewed', 'Product Added', 'Checkout Started', 'Order Completed'] as const;
const CATEGORIES = ['shoes', 'hats', 7, null, { odd: true }] as const;
const PRICES = [9.99, 20, '12.5', '$9', null, { odd: true }] as const;
const QUANTITIES = [1, 2, '3', 1.5, 'many', null] as const;
const PLANS = ['free', 'paid', 7, true, null, { odd: [1] }, undefined] as const;
const GROUP_TYPES = [undefined, 'company', 'team', 5, ''] as const;

/** One event as it came in: what was sent, and the stamps of the edge. */
export interface RawEvent {
  readonly source: string;
  /** Epoch milliseconds. */
  readonly received_at: number;
  readonly pack_id: string;
  readonly pack_index: number;
  readonly sent: Record<string, unknown>;
}

/**
 * Packs in random order of arrival. One event in six is a copy of another one, with other content; one in six is late by
 * up to two months, so that links and group calls come after what they reach.
 */
export function rawPacks(random: SeededRandom, packs: number): RawEvent[][] {
  const ids = TIMES.map((): { source: string; messageId: string }[] => []);
  const producer = random.hex(15);
  return Array.from({ length: packs }, (_, number) => {
    const time = random.below(TIMES.length);
    const arrival = (TIMES[time] ?? 0) + random.below(SPAN_HOURS * 60) * 60_000;
    // Copies come within days: later than the window they would count again.
    const known = ids[time] ?? [];
    return Array.from({ length: 1 + random.below(10) }, (_, pack_index) => {
      const copied = random.below(6) === 0 ? known[random.below(known.length + 1)] : undefined;
      const identity = copied ?? { source: pick(random, ['shop', 'app']), messageId: random.hex(16) };
      known.push(identity);
      const received_at = arrival + random.below(3);
      const late = random.below(6) === 0 ? random.below(60 * 24) * HOUR_MS : random.below(30) * 60_000;
      const sent = { ...randomSent(random), messageId: identity.messageId, timestamp: iso(received_at - late) };
      return { source: identity.source, received_at, pack_id: packId(producer, number), pack_index, sent };
    });
  });
}

function randomSent(random: SeededRandom): Record<string, unknown> {
  const type = pick(random, TYPES);
  const user = random.below(8) === 0 ? `rare-${random.below(60)}` : `user-${random.below(9)}`;
  const who = random.below(3) === 0 ? { anonymousId: user } : { userId: user, anonymousId: `anon-${random.below(5)}` };
  const properties = { plan: pick(random, PLANS), n: random.below(100) };
  if (type === 'track') {
    const event = random.below(8) === 0 ? 'Clicked' : pick(random, EVENTS);
    const groupId = random.below(8) === 0 ? `group-${random.below(3)}` : undefined;
    return { type, ...who, groupId, event, properties: { ...properties, ...randomProducts(random, event) } };
  }
  if (type === 'identify') return { type, userId: user, anonymousId: `anon-${random.below(5)}`, traits: { name: 'x' } };
  if (type === 'alias') return { type, userId: user, previousId: `anon-${random.below(5)}` };
  if (type === 'group') {
    return { type, ...who, groupId: `group-${random.below(3)}`, traits: { group_type: pick(random, GROUP_TYPES) } };
  }
  return { type, ...who, name: 'Home', properties };
}

function randomProducts(random: SeededRandom, event: string): Record<string, unknown> {
  if (event === 'Clicked' || random.below(8) === 0) return {};
  const product = (): Record<string, unknown> => ({
    product_id: `p${random.below(9)}`,
    category: pick(random, CATEGORIES),
    price: pick(random, PRICES),
    quantity: pick(random, QUANTITIES),
  });
  return random.below(2) === 0 ? product() : { products: Array.from({ length: random.below(3) }, product) };
}

/** The rows that the consumer makes of a pack. */
export function rowsOf(pack: readonly RawEvent[]): EventRow[] {
  const encoder = new TextEncoder();
  const parts = pack.map(({ source, received_at, sent }) => {
    const body = encoder.encode(JSON.stringify(sent));
    const header = { bytes: body.length, form: 'single', count: 1, source, receivedAt: received_at } as const;
    return { header, body };
  });
  const [first] = pack;
  const header = { format: 1, id: first?.pack_id ?? '', accepted: pack.length, rejected: 0 } as const;
  return expandPack({ header, parts });
}

/** Rows that were made otherwise, as if they had been sent. */
export function rawOf(rows: readonly EventRow[]): RawEvent[] {
  return rows
    .filter(({ type }) => type !== 'failed')
    .map(({ source, received_at, pack_id, pack_index, ...row }) => {
      const properties: unknown = JSON.parse(row.properties ?? 'null');
      const products = row.products === null ? {} : { products: row.products };
      const sent = {
        messageId: row.message_id,
        type: row.type,
        event: row.event,
        userId: row.user_id,
        anonymousId: row.anonymous_id,
        groupId: row.group_id,
        timestamp: iso(row.timestamp),
        properties: { ...(typeof properties === 'object' ? properties : {}), ...products },
        traits: JSON.parse(row.traits ?? 'null'),
      };
      return { source, received_at, pack_id, pack_index, sent };
    });
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

function pick<Item>(random: SeededRandom, items: readonly Item[]): Item {
  const [picked] = items.slice(random.below(items.length)).map((item) => ({ item }));
  if (picked === undefined) throw new Error('nothing to pick from');
  return picked.item;
}
