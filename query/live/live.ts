/** Events as they come in, to whoever subscribed. */
import type { EventRow } from '../../schemas/columns.ts';
import { InletError } from '../../schemas/errors.ts';
import { isEventType } from '../../schemas/event.ts';
import { charactersOf, decodeEvents, encodeEvents, type HotEvent } from '../index/hot-events.ts';
import { identityOf } from '../index/identity.ts';
import { LiveBuffer } from './buffer.ts';

/** What is null is not filtered by. */
export interface LiveFilter {
  readonly source: string | null;
  /** User keys. */
  readonly users: readonly string[] | null;
  readonly types: readonly string[] | null;
}

export type LiveValue =
  | { readonly kind: 'event'; readonly user: string; readonly event: HotEvent }
  /** The last one, where events came faster than they were taken. */
  | { readonly kind: 'dropped' };

export type Follow = (receive: (rows: readonly EventRow[]) => void, lost: () => void) => () => void;

/** Of one process. */
const SUBSCRIBERS_MAX = 100;
/** What waits for one subscriber: events, and characters of their JSON. */
const BUFFER = { values: 1_000, weight: 4 * 1_048_576 };
/** What waits for all of them, in the same characters. */
const BUFFERS_WEIGHT_MAX = 16 * 1_048_576;
/** A copy that comes later than this many events is shown again. */
const RECENT_MAX = 2_000;

/** The subscriptions of one process. */
export class Live {
  readonly #follow: Follow;
  readonly #together = { weight: 0, weight_max: BUFFERS_WEIGHT_MAX };
  #open = 0;

  constructor(follow: Follow) {
    this.#follow = follow;
  }

  get open(): number {
    return this.#open;
  }

  /**
   * @param signal ends it too, where the platform does not end the iterator of a reader who went away
   * @throws InletError live_full
   */
  subscribe(filter: LiveFilter, signal: AbortSignal): AsyncIterableIterator<LiveValue, undefined> {
    if (this.#open >= SUBSCRIBERS_MAX) throw new InletError('live_full');
    this.#open += 1;
    const wanted = matcher(filter);
    const isCopy = recent();
    const buffer = new LiveBuffer<LiveValue>({ ...BUFFER, together: this.#together }, () => {
      this.#open -= 1;
      stop();
      signal.removeEventListener('abort', leave);
    });
    const leave = (): void => void buffer.return();
    const drop = (): void => buffer.endWith({ kind: 'dropped' });
    const stop = this.#follow((rows) => {
      for (const row of rows) {
        if (!wanted(row) || isCopy(row)) continue;
        const [event] = decodeEvents(encodeEvents([row]));
        if (event === undefined) continue;
        if (!buffer.push({ kind: 'event', user: row.user_key, event }, charactersOf(row))) return drop();
      }
    }, drop);
    signal.addEventListener('abort', leave);
    if (signal.aborted) leave();
    return buffer;
  }
}

function matcher({ source, users, types }: LiveFilter): (row: EventRow) => boolean {
  return (row) =>
    // Rejected events and retractions are no calls.
    isEventType(row.type) &&
    (source === null || row.source === source) &&
    (users === null || users.includes(row.user_key)) &&
    (types === null || types.includes(row.type));
}

function recent(): (row: EventRow) => boolean {
  const identities = new Set<string>();
  return ({ source, message_id }) => {
    const identity = identityOf(source, message_id);
    if (identities.has(identity)) return true;
    const [oldest] = identities;
    if (identities.size >= RECENT_MAX && oldest !== undefined) identities.delete(oldest);
    identities.add(identity);
    return false;
  };
}
