/** Seeded events of a small shop, with copies, and what a reader must see of them. */
import type { SeededRandom } from '../../platform/sim/random.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { packId } from '../../schemas/pack.ts';

const HOUR_MS = 3_600_000;
export const START = Date.UTC(2026, 2, 28, 6);

/** One event, complete. */
export function event(columns: Partial<EventRow> = {}): EventRow {
  const user = columns.user_key ?? columns.user_id ?? 'ada';
  return {
    message_id: 'message',
    source: 'shop',
    type: 'track',
    event: 'Clicked',
    name: null,
    user_id: user,
    anonymous_id: null,
    user_key: user,
    group_id: null,
    previous_id: null,
    timestamp: START,
    original_timestamp: null,
    sent_at: null,
    received_at: START,
    pack_id: packId('0123456789abcde', 0),
    pack_index: 0,
    verdict: 'ok',
    verdict_code: null,
    page_url: null,
    page_path: null,
    page_title: null,
    page_referrer: null,
    campaign_source: null,
    campaign_medium: null,
    campaign_name: null,
    user_agent: null,
    browser: null,
    os: null,
    device: null,
    bot: false,
    ip: null,
    country: null,
    region: null,
    city: null,
    locale: null,
    library: null,
    products: null,
    properties: null,
    traits: null,
    context: null,
    body: null,
    body_bytes: null,
    body_sha256: null,
    other: null,
    ...columns,
  };
}

/** A rejected event, as expansion leaves it. */
export function failed(columns: Partial<EventRow> = {}): EventRow {
  const base = event({ type: 'failed', event: null, user_id: null, verdict: 'rejected', ...columns });
  const message_id = `${base.pack_id}/${base.pack_index}`;
  return { ...base, message_id, user_key: '', verdict_code: 'user_missing', body: '{}', body_bytes: 2 };
}

/**
 * Packs of random events, one array a pack. About one in six is a copy of an earlier event that arrived under another
 * user, at another time or in another pack; some arrived before the event they copy. A tenth are rejected or late.
 *
 * @param days over which they happened, from START on
 */
export function randomPacks(random: SeededRandom, packs: number, days: number): EventRow[][] {
  const earlier: EventRow[] = [];
  const producer = random.hex(15);
  return Array.from({ length: packs }, (_, number) => {
    const pack_id = packId(producer, number);
    const received_at = START + random.below(days * 24 * 60) * 60_000;
    return Array.from({ length: 1 + random.below(12) }, (_, pack_index) => {
      const original = earlier[random.below(earlier.length * 6)];
      const place = { pack_id, pack_index, received_at: received_at + random.below(3) };
      if (random.below(20) === 0) return failed(place);
      const fresh = randomEvent(random, { ...place, message_id: random.hex(16) });
      const made =
        original === undefined ? fresh : { ...fresh, message_id: original.message_id, source: original.source };
      earlier.push(made);
      return made;
    });
  });
}

const TYPES = ['track', 'track', 'track', 'page', 'identify', 'group'] as const;
const EVENTS = ['Product Viewed', 'Product Added', 'Order Completed', 'Clicked'] as const;
const CATEGORIES = ['shoes', 'hats', null] as const;

function randomEvent(random: SeededRandom, columns: Partial<EventRow> & Pick<EventRow, 'received_at'>): EventRow {
  const type = TYPES[random.below(TYPES.length)] ?? 'track';
  const late = random.below(10) === 0 ? random.below(60) * HOUR_MS : random.below(5_000);
  const name = EVENTS[random.below(EVENTS.length)] ?? 'Clicked';
  const isProduct = type === 'track' && name !== 'Clicked' && random.below(8) > 0;
  return event({
    ...columns,
    type,
    source: random.below(2) === 0 ? 'shop' : 'app',
    event: type === 'track' ? name : null,
    user_key: `user-${random.below(9)}`,
    group_id: type === 'group' || random.below(8) === 0 ? `group-${random.below(3)}` : null,
    timestamp: columns.received_at - late,
    products: isProduct
      ? Array.from({ length: random.below(3) }, () => ({
          product_id: `p${random.below(9)}`,
          category: CATEGORIES[random.below(CATEGORIES.length)] ?? null,
          price: random.below(6) === 0 ? null : random.below(10_000) / 100,
          quantity: random.below(4) === 0 ? null : 1 + random.below(3),
        }))
      : null,
    properties: type === 'track' ? JSON.stringify({ n: random.below(100) }) : null,
  });
}

/** The rows that count, by the winner rule, in an order of their own. */
export function winnersOf(rows: readonly EventRow[]): EventRow[] {
  const winners = new Map<string, EventRow>();
  for (const row of rows) {
    const identity = `${row.source}\n${row.message_id}`;
    const best = winners.get(identity);
    if (best === undefined || stamp(row) < stamp(best)) winners.set(identity, row);
  }
  return [...winners.values()];
}

function stamp({ received_at, pack_id, pack_index }: EventRow): string {
  return `${String(received_at).padStart(15, '0')} ${pack_id} ${String(pack_index).padStart(9, '0')}`;
}
