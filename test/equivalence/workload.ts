/** Seeded events of a shop as apps send them, copies and bad ones among them, and what must become of them. */
import type { SeededRandom } from '../../platform/sim/random.ts';
import type { JoinedApp, Source } from './joined.ts';
import { label } from './timeline.model.ts';

const HOUR_MS = 3_600_000;
const EVENTS = ['Product Viewed', 'Product Added', 'Order Completed', 'Clicked'] as const;
const CATEGORIES = ['shoes', 'hats'] as const;
const SOURCES = ['shop', 'app'] as const;
export const USERS = Array.from({ length: 6 }, (_, number) => `user-${number}`);

interface Sent {
  readonly source: Source;
  readonly messageId: string;
  readonly user: string;
  /** Epoch milliseconds. */
  readonly timestamp: number;
}

/** What was acknowledged. Of copies the first one sent is the winner, as time passes between requests. */
export class Workload {
  readonly winners = new Map<string, Sent>();
  copies = 0;
  failed = 0;

  constructor(
    private readonly app: JoinedApp,
    private readonly random: SeededRandom,
  ) {}

  /** Lets time pass and sends one request. @throws unless it was acknowledged as expected */
  async send(): Promise<void> {
    const { app, random } = this;
    await app.sim.clock.advance(1 + random.below(2 * HOUR_MS));
    const source = pick(random, SOURCES);
    const drafts = Array.from({ length: 1 + random.below(5) }, () => this.draft(source));
    const good = drafts.filter((draft) => draft.sent !== null).length;
    const response = await app.batch(
      source,
      drafts.map(({ event }) => event),
    );
    const answer = await response.text();
    if (response.status !== 200 || !answer.includes(`"accepted":${good},`)) throw new Error(answer);
    for (const { sent } of drafts) this.note(sent);
  }

  /** Labels of the user's timeline, newest first. */
  timeline(user: string): string[] {
    return [...this.winners.values()]
      .filter((sent) => sent.user === user)
      .sort(
        (a, b) => b.timestamp - a.timestamp || (`${a.source} ${a.messageId}` < `${b.source} ${b.messageId}` ? -1 : 1),
      )
      .map(({ timestamp, source, messageId }) => label(timestamp, source, messageId));
  }

  private note(sent: Sent | null): void {
    if (sent === null) {
      this.failed += 1;
      return;
    }
    const identity = `${sent.source} ${sent.messageId}`;
    if (this.winners.has(identity)) this.copies += 1;
    else this.winners.set(identity, sent);
  }

  /** About one in four is a copy of an earlier one, under another user and on another day; one in fifteen is bad. */
  private draft(source: Source): { event: object; sent: Sent | null } {
    const { random } = this;
    if (random.below(15) === 0)
      return { event: { type: 'track', event: 'Nobody', messageId: random.hex(16) }, sent: null };
    const earlier = [...this.winners.values()].filter((sent) => sent.source === source);
    const original = earlier[random.below(earlier.length * 4)];
    const late = random.below(6) === 0 ? random.below(60) * HOUR_MS : random.below(5_000);
    const sent: Sent = {
      source,
      messageId: original?.messageId ?? random.hex(16),
      user: pick(random, USERS),
      timestamp: this.app.sim.clock.now() - late,
    };
    const shared = {
      messageId: sent.messageId,
      userId: sent.user,
      timestamp: new Date(sent.timestamp).toISOString(),
      context: { locale: 'de', page: { path: `/${random.below(9)}`, search: '?q' }, app: { build: random.below(9) } },
    };
    return { event: { ...shared, ...this.call() }, sent };
  }

  private call(): object {
    const { random } = this;
    const kind = random.below(6);
    if (kind === 0) return { type: 'page', name: 'Home' };
    if (kind === 1) return { type: 'identify', traits: { plan: `plan-${random.below(3)}` } };
    if (kind === 2) return { type: 'group', groupId: `group-${random.below(2)}` };
    const product = { product_id: `p${random.below(5)}`, category: pick(random, CATEGORIES), price: random.below(100) };
    return { type: 'track', event: pick(random, EVENTS), properties: product };
  }
}

function pick<Item>(random: SeededRandom, items: readonly Item[]): Item {
  const item = items[random.below(items.length)];
  if (item === undefined) throw new RangeError('nothing to pick from');
  return item;
}
