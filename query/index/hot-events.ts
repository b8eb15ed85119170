/**
 * The events of one user in a hot row, as JSON text: `[[{…},{…}],null,[{…}],["a","b"],…,["web"],["page","track"],…]`, a list
 * for each column of PLACES. Column by column, as most of what a user's events carry is the same in all of them (the app,
 * the device, the ids): a value that all share stands there once, and a column that none has is null. That is two thirds
 * of the text of an array of events, and writing text is most of what the index costs.
 */
import type { EventRow } from '../../schemas/columns.ts';
import { restoreContext } from '../../schemas/context.ts';
import type { TIMELINE_COLUMNS } from '../../schemas/timeline.ts';
import { stampOf } from './identity.ts';

/** Where the list of a column is. Add-only. Those of JSON text come first: they go in as they are. */
const PLACES = {
  ...{ properties: 0, traits: 1, context: 2 },
  ...{ message_id: 3, characters: 4, source: 5, type: 6, event: 7, name: 8 },
  ...{ user_id: 9, anonymous_id: 10, group_id: 11, previous_id: 12 },
  ...{ timestamp: 13, received_at: 14, pack_id: 15, pack_index: 16 },
  // Of `context`: put back when it is asked for.
  ...{ page_url: 17, page_path: 18, page_title: 19, page_referrer: 20, library: 21, locale: 22, user_agent: 23 },
  ...{ campaign_source: 24, campaign_medium: 25, campaign_name: 26 },
} as const;
const PLAIN_FROM = PLACES.message_id;

const SHARED = [
  ...(['source', 'type', 'event', 'name', 'user_id', 'anonymous_id', 'group_id', 'previous_id'] as const),
  ...(['timestamp', 'received_at', 'pack_id', 'pack_index'] as const),
  ...(['page_url', 'page_path', 'page_title', 'page_referrer', 'library', 'locale', 'user_agent'] as const),
  ...(['campaign_source', 'campaign_medium', 'campaign_name'] as const),
];

type List<Value = unknown> = readonly Value[];

/** What an event takes beside its JSON, about: ids, times and the strings of its context. */
const CHARACTERS_BESIDE = 1_000;

/** How long an event is when it stands alone, about. */
export function charactersOf({
  properties,
  traits,
  context,
}: Pick<EventRow, 'properties' | 'traits' | 'context'>): number {
  return CHARACTERS_BESIDE + (properties?.length ?? 0) + (traits?.length ?? 0) + (context?.length ?? 0);
}

/** @param rows of one user, one at least */
export function encodeEvents(rows: readonly EventRow[]): string {
  const plain: (List | null)[] = [];
  plain[PLACES.message_id - PLAIN_FROM] = rows.map(({ message_id }) => message_id);
  // What is shared comes out as often as there are events: a page is bounded by what it will be.
  plain[PLACES.characters - PLAIN_FROM] = rows.map(charactersOf);
  for (const name of SHARED) plain[PLACES[name] - PLAIN_FROM] = listOf(rows, name);
  const inJson = (['properties', 'traits', 'context'] as const).map((name) => listOf(rows, name));
  const written = inJson.map((list) => (list === null ? 'null' : `[${list.map(String).join()}]`));
  return `[${written.join()},${JSON.stringify(plain).slice(1)}`;
}

function listOf(rows: readonly EventRow[], name: keyof EventRow): List | null {
  const first = rows[0]?.[name] ?? null;
  for (let index = 1; index < rows.length; index += 1) {
    if (rows[index]?.[name] !== first) return rows.map((row) => row[name]);
  }
  return first === null ? null : [first];
}

/** @param text what `encodeEvents` made. @throws Error where an Inlet from before this form wrote it */
export function decodeEvents(text: string): HotEvent[] {
  const lists: List<List | null> = JSON.parse(text);
  const messageIds = lists[PLACES.message_id];
  if (!Array.isArray(messageIds)) throw new Error('An older Inlet wrote the hot index: run `inlet rebuild`');
  return messageIds.map((_, index) => new HotEvent(lists, index));
}

/** An event that lies in a row of its own. @throws Error where its JSON is none */
export function eventOf(row: Pick<EventRow, (typeof TIMELINE_COLUMNS)[number]>): HotEvent {
  const lists: List[] = [];
  for (const name of SHARED) lists[PLACES[name]] = [row[name]];
  lists[PLACES.message_id] = [row.message_id];
  lists[PLACES.characters] = [charactersOf(row)];
  for (const name of ['properties', 'traits', 'context'] as const) {
    const text = row[name];
    lists[PLACES[name]] = [text === null ? null : JSON.parse(text)];
  }
  return new HotEvent(lists, 0);
}

/** An event in a hot row. Times are epoch milliseconds; what the event does not have is null. */
export class HotEvent {
  readonly messageId: string;
  readonly source: string;
  readonly timestamp: number;
  readonly #lists: List<List | null>;
  readonly #index: number;

  constructor(lists: List<List | null>, index: number) {
    this.#lists = lists;
    this.#index = index;
    this.messageId = this.#text('message_id') ?? '';
    this.source = this.#text('source') ?? '';
    this.timestamp = this.#number('timestamp');
  }

  get type(): string {
    return this.#text('type') ?? '';
  }

  get event(): string | null {
    return this.#text('event');
  }

  get name(): string | null {
    return this.#text('name');
  }

  get userId(): string | null {
    return this.#text('user_id');
  }

  get anonymousId(): string | null {
    return this.#text('anonymous_id');
  }

  get groupId(): string | null {
    return this.#text('group_id');
  }

  get previousId(): string | null {
    return this.#text('previous_id');
  }

  get receivedAt(): number {
    return this.#number('received_at');
  }

  /** About how much JSON it is. */
  get characters(): number {
    return this.#number('characters');
  }

  /** See `stampOf`. */
  get stamp(): string {
    return stampOf(this.receivedAt, this.#text('pack_id') ?? '', this.#number('pack_index'));
  }

  get properties(): unknown {
    return this.#value('properties');
  }

  get traits(): unknown {
    return this.#value('traits');
  }

  get context(): unknown {
    const rest = this.#value('context');
    if (rest === null) return null;
    return restoreContext(
      {
        page_url: this.#text('page_url'),
        page_path: this.#text('page_path'),
        page_title: this.#text('page_title'),
        page_referrer: this.#text('page_referrer'),
        campaign_source: this.#text('campaign_source'),
        campaign_medium: this.#text('campaign_medium'),
        campaign_name: this.#text('campaign_name'),
        library: this.#text('library'),
        locale: this.#text('locale'),
        user_agent: this.#text('user_agent'),
      },
      rest,
    );
  }

  #text(name: keyof EventRow & keyof typeof PLACES): string | null {
    const value = this.#value(name);
    return typeof value === 'string' ? value : null;
  }

  #number(name: keyof typeof PLACES): number {
    const value = this.#value(name);
    return typeof value === 'number' ? value : 0;
  }

  #value(name: keyof typeof PLACES): unknown {
    const list = this.#lists[PLACES[name]];
    return list?.[list.length === 1 ? 0 : this.#index] ?? null;
  }
}
