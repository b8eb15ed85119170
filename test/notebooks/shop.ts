/** Ten weeks of a small shop, seeded: users of three companies who come back less and less, and buy. */
import { seededRandom } from '../../platform/sim/random.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { packId } from '../../schemas/pack.ts';
import { event, failed } from '../lakehouse/rows.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const DAYS = 70;
const USERS = 240;
export const FIRST_DAY = Date.UTC(2026, 0, 5);
const CATEGORIES = ['shoes', 'hats', 'books', 'garden', 'kitchen'] as const;
const COMPANIES = ['acme', 'globex', 'initech', 'umbrella'] as const;

/** One pack of rows. */
export function shopRows(): EventRow[] {
  const random = seededRandom(7);
  const pack_id = packId('b'.repeat(15), 1);
  const rows: EventRow[] = [];
  const add = (columns: Partial<EventRow>): void => {
    const pack_index = rows.length;
    const made = { pack_id, pack_index, message_id: `m${pack_index}`, received_at: columns.timestamp ?? FIRST_DAY };
    rows.push(columns.type === 'failed' ? failed({ ...columns, ...made }) : event({ ...columns, ...made }));
  };
  for (let user = 0; user < USERS; user++) {
    const start = random.below(DAYS - 7);
    const group_id = COMPANIES[Math.min(random.below(4), random.below(4))] ?? 'acme';
    const user_id = `user-${user}`;
    for (let day = start; day < DAYS; day++) {
      if (day > start && random.below(6 + (day - start)) > 2) continue;
      const hour = 7 + random.below(8) + random.below(8);
      visit(FIRST_DAY + day * DAY_MS + hour * 3_600_000 + random.below(60) * MINUTE_MS, { user_id, group_id });
    }
  }
  add({ type: 'failed', timestamp: FIRST_DAY + 69 * DAY_MS });
  return rows;

  function visit(at: number, who: Partial<EventRow>): void {
    let time = at;
    const call = (columns: Partial<EventRow>): void => {
      add({ ...who, ...columns, timestamp: time });
      time += MINUTE_MS * (1 + random.below(3));
    };
    call({ type: 'page', event: null });
    for (let view = random.below(4); view >= 0; view--) {
      const number = Math.min(random.below(5), random.below(5));
      const products = [
        {
          product_id: `p${number}`,
          category: CATEGORIES[number] ?? null,
          price: 10 + random.below(9_000) / 100,
          quantity: 1 + random.below(3),
        },
      ];
      call({ event: 'Product Viewed', products });
      if (random.below(10) > 4 - number / 2) continue;
      call({ event: 'Product Added', products });
      if (random.below(10) > 6) continue;
      call({ event: 'Checkout Started', products });
      call({ event: 'Order Completed', products });
    }
  }
}
