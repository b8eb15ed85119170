/**
 * A day in the life of a shop, as Segment calls in the order of time. Pure: the same options give the same calls on
 * every machine. It streams: memory grows with `users` (a byte each) and with the visits under way, not with `events`.
 */
import type { ShopCall } from './calls.ts';
import { DAY_MS, midnightOf, momentAt } from './day.ts';
import { Dice } from './dice.ts';
import { Heap } from './heap.ts';
import { goShopping } from './journey.ts';
import { Visit } from './visit.ts';
import { visitor } from './visitors.ts';

export interface ShopDayOptions {
  /** What happens: the same seed gives the same visits on any day, with other times and ids. */
  readonly seed: number;
  /** How many calls, exactly. */
  readonly events: number;
  /** How many people know the shop; on a quiet day not all of them come. */
  readonly users: number;
  /** Such as 2026-01-31, UTC. */
  readonly day: string;
}

/** The share of visits by people who have not been there yet today. */
const FIRST_VISITS = 0.85;

/** Where a visitor has signed in. */
const ON_BROWSER = 1;
const ON_PHONE = 2;

/** A visit under way. */
interface Rest {
  readonly calls: readonly ShopCall[];
  next: number;
}

export function* shopDay(options: ShopDayOptions): Generator<ShopCall, void, undefined> {
  const midnight = midnightOf(options.day);
  const visits = planVisits(options, midnight);
  const underWay = new Heap<Rest>();
  let upcoming = visits.next();
  for (;;) {
    const first = underWay.first;
    if (!upcoming.done && (first === null || upcoming.value.start <= first)) {
      underWay.push(upcoming.value.start, { calls: upcoming.value.calls, next: 0 });
      upcoming = visits.next();
      continue;
    }
    const visit = underWay.pop();
    if (visit === undefined) return;
    const call = visit.calls[visit.next++];
    if (call !== undefined) yield call;
    const following = visit.calls[visit.next];
    if (following !== undefined) underWay.push(Date.parse(following.timestamp), visit);
  }
}

/** The visits in the order they start: each at the moment by which its share of the calls of the day is due. */
function* planVisits({ seed, events, users, day }: ShopDayOptions, midnight: number) {
  const dice = new Dice(`visits/${seed}`);
  const ids = new Dice(`ids/${seed}/${day}`);
  const people = new People(users);
  let planned = 0;
  for (let number = 1; planned < events; number++) {
    const start = midnight + momentAt(planned / events);
    const visit = people.visit(dice, `${day}_${number}`);
    const calls = visit.calls(start, midnight + DAY_MS, ids).slice(0, events - planned);
    planned += calls.length;
    yield { start, calls };
  }
}

/** Everybody who may come, a byte each. */
class People {
  private readonly signedIn: Uint8Array;
  /** How many have been there today; they are the first ones. */
  private seen = 0;

  constructor(users: number) {
    if (!Number.isSafeInteger(users) || users < 1)
      throw new RangeError(`users must be a whole number from 1, not ${users}`);
    this.signedIn = new Uint8Array(users);
  }

  visit(dice: Dice, label: string): Visit {
    const fresh = this.seen < this.signedIn.length && (this.seen === 0 || dice.chance(FIRST_VISITS));
    const who = fresh ? this.seen++ : dice.leaning(this.seen);
    const person = visitor(who);
    const phone = person.phone !== null && dice.chance(0.6) ? person.phone : null;
    const where = phone === null ? ON_BROWSER : ON_PHONE;
    const before = this.signedIn[who] ?? 0;
    const visit = new Visit(dice, person, phone ?? person.browser, label, person.signedIn || (before & where) !== 0);
    goShopping(visit);
    if (visit.signedIn) this.signedIn[who] = before | where;
    return visit;
  }
}
