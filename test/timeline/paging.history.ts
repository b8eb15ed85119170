/** Small histories, drawn at random: what arrives, what the central job does, and what a reader must see meanwhile. */
import fc from 'fast-check';
import { resolveUser } from '../../query/identity/resolve-user.ts';
import { countEvents } from '../../query/resolve/count.ts';
import { type Page, readTimeline } from '../../query/resolve/timeline.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { RETRACTION_TYPE } from '../../schemas/event.ts';
import { event } from '../lakehouse/rows.ts';
import { MINUTE_MS, pack, T0, WHOLE_TIMELINE } from '../query/rows.ts';
import { keysOf, shownOf } from './paging.people.ts';
import { type OpenIndex, PagingWorld } from './paging.world.ts';

const PEOPLE = ['ann', 'cat'];
const DEVICES = ['phone', 'laptop'];
const IDS = [...PEOPLE, ...DEVICES];

/** Few identities, users, times and arrivals, so that copies of all kinds meet. */
const MESSAGES = 14;
const call = fc.oneof(
  { weight: 9, arbitrary: fc.record({ type: fc.constant('track' as const), id: fc.constantFrom(...IDS, 'ann') }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('identify' as const),
      id: fc.constantFrom(...PEOPLE),
      other: fc.constantFrom(...DEVICES),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('alias' as const),
      id: fc.constantFrom(...PEOPLE),
      other: fc.constantFrom(...PEOPLE),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant(RETRACTION_TYPE), target: fc.nat(MESSAGES) }) },
);
/** Retractions have ids of their own, mostly. */
const draft = fc.record({ call, message: fc.nat(MESSAGES + 3), minutes: fc.nat(30), arrival: fc.nat(30) });
type Draft = typeof draft extends fc.Arbitrary<infer Value> ? Value : never;

const arrival = fc.record({
  do: fc.constant('arrive' as const),
  drafts: fc.array(draft, { minLength: 1, maxLength: 6, size: 'max' }),
});
const step = fc.oneof(
  { weight: 4, arbitrary: arrival },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('build' as const), segments: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('merge' as const), count: fc.option(fc.nat(4)) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.constantFrom(1, 20, 70) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('drop' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('sort' as const), steps: fc.integer({ min: 1, max: 8 }) }) },
);
const withRebuild = fc.oneof(
  { weight: 14, arbitrary: step },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rebuild' as const) }) },
);
type Step = typeof withRebuild extends fc.Arbitrary<infer Value> ? Value : never;

const past = fc.array(step, { maxLength: 25, size: 'max' });
const between = <Value>(one: fc.Arbitrary<Value>) =>
  fc.array(fc.array(one, { maxLength: 5, size: 'max' }), { minLength: 1, maxLength: 3, size: 'max' });

const question = fc.record({
  shards: fc.constantFrom(1, 2),
  first: fc.integer({ min: 1, max: 5 }),
  order: fc.constantFrom('newest' as const, 'oldest' as const),
  id: fc.constantFrom(...IDS, 'ann'),
});
type Question = typeof question extends fc.Arbitrary<infer Value> ? Value : never;

/** As long as what a cursor names is there. */
const WITHIN_GRACE_MINUTES = 55;

class History {
  readonly world: PagingWorld;
  #packs = 0;
  #minutesLeft = Number.POSITIVE_INFINITY;

  constructor(world: PagingWorld) {
    this.world = world;
  }

  /** @param minutes that may go by, over all calls from now on */
  limit(minutes: number): void {
    this.#minutesLeft = minutes;
  }

  async play(steps: readonly Step[]): Promise<void> {
    for (const one of steps) {
      if (one.do === 'arrive') await this.world.arrive(this.#rows(one.drafts));
      else if (one.do === 'build') this.world.build(one.segments);
      else if (one.do === 'merge') this.world.merge(one.count);
      else if (one.do === 'wait') this.#wait(one.minutes);
      else if (one.do === 'sort') await this.world.sort(one.steps);
      else if (one.do === 'rebuild') await this.world.rebuild();
      else await this.world.drop();
    }
  }

  #wait(minutes: number): void {
    const waited = Math.min(minutes, this.#minutesLeft);
    this.#minutesLeft -= waited;
    this.world.expire(waited);
  }

  #rows(drafts: readonly Draft[]): EventRow[] {
    this.#packs += 1;
    return drafts.map((one, pack_index) =>
      event({
        message_id: messageId(one.message),
        timestamp: T0 + one.minutes * MINUTE_MS,
        received_at: T0 + 86_400_000 + one.arrival * MINUTE_MS,
        ...{ pack_id: pack(this.#packs), pack_index },
        ...columnsOf(one.call),
      }),
    );
  }
}

const messageId = (number: number): string => `m${String(number).padStart(2, '0')}`;

function columnsOf(one: Draft['call']): Partial<EventRow> {
  if (one.type === RETRACTION_TYPE) {
    return { type: one.type, timestamp: 0, user_key: 'support', name: 'shop', previous_id: messageId(one.target) };
  }
  const { type, id } = one;
  if (type === 'identify') return { type, event: null, user_key: id, anonymous_id: one.other };
  if (type === 'alias') return { type, event: null, user_key: id, previous_id: one.other };
  return DEVICES.includes(id) ? { user_key: id, user_id: null, anonymous_id: id } : { user_key: id };
}

interface Reading {
  /** Message ids, in the order in which they came. */
  readonly ids: string[];
  /** The same at page one, by the definition. */
  readonly due: string[];
  readonly before: readonly EventRow[];
  readonly after: readonly EventRow[];
  /** What each page says of all of them, where it was asked. */
  readonly counts: number[];
}

interface Plan {
  readonly past: readonly Step[];
  readonly between: readonly (readonly Step[])[];
  readonly question: Question;
  /** How long the reading takes at most. */
  readonly minutes: number;
}

async function read(open: OpenIndex, { past, between, question, minutes }: Plan, isCounted = false): Promise<Reading> {
  const { shards, id, order, first } = question;
  const index = await open(shards);
  const history = new History(new PagingWorld(index));
  await history.play(past);
  history.limit(minutes);
  const { world } = history;
  const before = world.rows;
  const due = dueOf(before, question);
  const ids: string[] = [];
  const counts: number[] = [];
  let after: string | null = null;
  for (let pages = 0; ; pages += 1) {
    const query = { ...WHOLE_TIMELINE, users: [id], order, first, after };
    const page: Page = await readTimeline(
      index,
      query,
      async () => T0,
      world.source,
      (moment) => resolveUser(index, moment, id),
    );
    ids.push(...page.edges.map(({ event }) => event.messageId));
    if (isCounted) {
      const { isExact, cells } = await countEvents(index, query, page, world.source);
      counts.push(isExact ? cells.reduce((sum, { count }) => sum + count, 0) : Number.NaN);
    }
    if (!page.hasNextPage) return { ids, due, before, after: world.rows, counts };
    after = page.endCursor;
    await history.play(between[pages % Math.max(1, between.length)] ?? []);
  }
}

function dueOf(rows: readonly EventRow[], { id, order }: Pick<Question, 'id' | 'order'>): string[] {
  const sign = order === 'newest' ? -1 : 1;
  const keys = keysOf(rows, id);
  return shownOf(rows)
    .filter(({ user_key }) => keys.has(user_key))
    .sort((a, b) => sign * (a.timestamp - b.timestamp) || (a.message_id < b.message_id ? -1 : 1))
    .map(({ message_id }) => message_id);
}

const same = (found: readonly string[], wanted: readonly string[], what: string): void => {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) throw new Error(`${what}: ${found} instead of ${wanted}`);
};

/** One page shows what the log says, whatever has left the index and however the files came about. */
export function onePageIsTheLog(open: OpenIndex) {
  return fc.asyncProperty(fc.array(withRebuild, { maxLength: 25, size: 'max' }), question, async (steps, wanted) => {
    const whole = { ...wanted, first: 1_000 };
    const { ids, due } = await read(open, { past: steps, between: [], question: whole, minutes: 0 });
    same(ids, due, 'one page');
  });
}

/** Every event of page one comes exactly once, and later ones at most once, with everything at work between the pages. */
export function exactlyOnce(open: OpenIndex) {
  return fc.asyncProperty(past, between(step), question, async (before, meanwhile, wanted) => {
    const minutes = WITHIN_GRACE_MINUTES;
    const { ids, due } = await read(open, { past: before, between: meanwhile, question: wanted, minutes });
    const promised = new Set(due);
    same(
      ids.filter((id) => promised.has(id)),
      due,
      'what was there on page one',
    );
    same([...new Set(ids)], ids, 'everything once');
  });
}

/**
 * The same behind a cursor that is older than the files it names, or than the index. Of events that were taken back or
 * beaten by an earlier copy meanwhile nothing is promised.
 */
export function exactlyOnceUnlessBeaten(open: OpenIndex) {
  return fc.asyncProperty(past, between(withRebuild), question, async (old, meanwhile, wanted) => {
    const minutes = Number.POSITIVE_INFINITY;
    const reading = await read(open, { past: old, between: meanwhile, question: wanted, minutes });
    const { ids, due, before, after } = reading;
    const placeOf = (rows: readonly EventRow[]) =>
      new Map(shownOf(rows).map(({ message_id, pack_id, pack_index }) => [message_id, `${pack_id} ${pack_index}`]));
    const [then, now] = [placeOf(before), placeOf(after)];
    // One that was taken back for a while, by what turned out to be a copy, may be missed as well.
    const taken = new Set(after.slice(before.length).map(({ previous_id }) => previous_id));
    const promised = new Set(due.filter((id) => then.get(id) === now.get(id) && !taken.has(id)));
    same(
      ids.filter((id) => promised.has(id)),
      due.filter((id) => promised.has(id)),
      'what was there on page one and still is',
    );
  });
}

/** Every page says how many events page one promised, whatever has come, gone and changed since. */
export function countsArePageOne(open: OpenIndex) {
  return fc.asyncProperty(past, between(step), question, async (before, meanwhile, wanted) => {
    const minutes = WITHIN_GRACE_MINUTES;
    const plan = { past: before, between: meanwhile, question: wanted, minutes };
    const { due, counts } = await read(open, plan, true);
    for (const count of counts) same([String(count)], [String(due.length)], 'the count of a page');
  });
}

/** Files alone show the winners of what they have taken in, in whatever runs. */
export function filesHoldTheTable(open: OpenIndex, openEmpty: () => Promise<Parameters<typeof readTimeline>[0]>) {
  return fc.asyncProperty(past, question, async (steps, { id, order }) => {
    const history = new History(new PagingWorld(await open(1)));
    await history.play(steps);
    const all = { ...WHOLE_TIMELINE, users: IDS, order, first: 1_000 };
    const { edges } = await readTimeline(await openEmpty(), all, async () => T0, history.world.source);
    const held = edges.filter(({ event: { userId, anonymousId } }) => (userId ?? anonymousId) === id);
    const due = dueOfTable(history.world.table(), id);
    same(held.map(({ event }) => event.messageId).sort(), due, 'the files');
  });
}

function dueOfTable(rows: readonly EventRow[], id: string): string[] {
  return rows
    .filter(({ user_key }) => user_key === id)
    .map(({ message_id }) => message_id)
    .sort();
}
