/**
 * The event columns: one add-only table. A column is never renamed, retyped or removed, and an id is never used again.
 * The Parquet schema, the `events` view, the row type and `docs/data-model.md` all come from here.
 *
 * - `id`: the Parquet and Iceberg field id.
 * - `type`: `string` UTF-8; `json` UTF-8 holding JSON text; `timestamp` UTC microseconds in files, epoch milliseconds in
 *   rows; `uuid` 16 bytes in files, canonical lower-case text in rows; `products` a list of structs.
 * - `nullable`: whether a row may lack it.
 */
export interface ColumnSpec {
  readonly id: number;
  readonly name: string;
  readonly type: 'string' | 'json' | 'timestamp' | 'uuid' | 'int' | 'boolean' | 'products';
  readonly nullable: boolean;
  readonly text: string;
}

export const COLUMNS = [
  {
    id: 1,
    name: 'message_id',
    type: 'string',
    nullable: false,
    text: 'Identity within the source, as sent; made from pack id and index where none came.',
  },
  { id: 2, name: 'source', type: 'string', nullable: false, text: 'The app that sent it, named by its write key.' },
  {
    id: 3,
    name: 'type',
    type: 'string',
    nullable: false,
    text: 'track, page, screen, identify, group, alias; failed for a rejected event, retraction for an `Event Retracted`.',
  },
  { id: 4, name: 'event', type: 'string', nullable: true, text: 'The event name inside a track call.' },
  {
    id: 5,
    name: 'name',
    type: 'string',
    nullable: true,
    text: 'The page or screen name; of a retraction, the source of the event taken back.',
  },
  { id: 6, name: 'user_id', type: 'string', nullable: true, text: 'The known user, as sent.' },
  { id: 7, name: 'anonymous_id', type: 'string', nullable: true, text: 'The device or browser, as sent.' },
  {
    id: 8,
    name: 'user_key',
    type: 'string',
    nullable: false,
    text: 'user_id, else anonymous_id; empty for a failed event.',
  },
  { id: 9, name: 'group_id', type: 'string', nullable: true, text: 'groupId of the call, else context.groupId.' },
  {
    id: 10,
    name: 'previous_id',
    type: 'string',
    nullable: true,
    text: 'The earlier id in an alias call; of a retraction, the message_id of the event taken back.',
  },
  {
    id: 11,
    name: 'timestamp',
    type: 'timestamp',
    nullable: false,
    text: 'When it happened, corrected; never later than received_at. 1970-01-01 for a retraction, which holds for every day.',
  },
  {
    id: 12,
    name: 'original_timestamp',
    type: 'timestamp',
    nullable: true,
    text: 'When it happened by the clock of the client.',
  },
  { id: 13, name: 'sent_at', type: 'timestamp', nullable: true, text: 'When it was sent by the clock of the client.' },
  { id: 14, name: 'received_at', type: 'timestamp', nullable: false, text: 'When the edge took it in.' },
  { id: 15, name: 'pack_id', type: 'uuid', nullable: false, text: 'The pack it arrived in: producer and number.' },
  { id: 16, name: 'pack_index', type: 'int', nullable: false, text: 'Its place in the pack.' },
  { id: 17, name: 'verdict', type: 'string', nullable: false, text: 'ok, warning or rejected.' },
  { id: 18, name: 'verdict_code', type: 'string', nullable: true, text: 'The code behind a warning or a rejection.' },
  { id: 19, name: 'page_url', type: 'string', nullable: true, text: 'context.page.url' },
  { id: 20, name: 'page_path', type: 'string', nullable: true, text: 'context.page.path' },
  { id: 21, name: 'page_title', type: 'string', nullable: true, text: 'context.page.title' },
  { id: 22, name: 'page_referrer', type: 'string', nullable: true, text: 'context.page.referrer' },
  { id: 23, name: 'campaign_source', type: 'string', nullable: true, text: 'context.campaign.source' },
  { id: 24, name: 'campaign_medium', type: 'string', nullable: true, text: 'context.campaign.medium' },
  { id: 25, name: 'campaign_name', type: 'string', nullable: true, text: 'context.campaign.name' },
  {
    id: 26,
    name: 'user_agent',
    type: 'string',
    nullable: true,
    text: 'context.userAgent, else the header of the request.',
  },
  { id: 27, name: 'browser', type: 'string', nullable: true, text: 'Browser family, parsed from user_agent.' },
  { id: 28, name: 'os', type: 'string', nullable: true, text: 'Operating system, parsed from user_agent.' },
  {
    id: 29,
    name: 'device',
    type: 'string',
    nullable: true,
    text: 'desktop, mobile, tablet or tv, parsed from user_agent.',
  },
  {
    id: 30,
    name: 'bot',
    type: 'boolean',
    nullable: false,
    text: 'Whether user_agent is that of a known bot; not where it is only the library of a server that sends. Bots are flagged, never dropped.',
  },
  {
    id: 31,
    name: 'ip',
    type: 'string',
    nullable: true,
    text: 'context.ip, else the address of the caller; anonymised unless configured otherwise.',
  },
  {
    id: 32,
    name: 'country',
    type: 'string',
    nullable: true,
    text: 'Country of the caller, where the platform knows it.',
  },
  {
    id: 33,
    name: 'region',
    type: 'string',
    nullable: true,
    text: 'Region of the caller, where the platform knows it.',
  },
  { id: 34, name: 'city', type: 'string', nullable: true, text: 'City of the caller, where the platform knows it.' },
  { id: 35, name: 'locale', type: 'string', nullable: true, text: 'context.locale' },
  {
    id: 36,
    name: 'library',
    type: 'string',
    nullable: true,
    text: 'context.library.name and version, as name/version.',
  },
  {
    id: 37,
    name: 'products',
    type: 'products',
    nullable: true,
    text: 'Products of an ecommerce event: properties.products, or the single product in properties.',
  },
  { id: 38, name: 'properties', type: 'json', nullable: true, text: 'properties, whole, as JSON text.' },
  {
    id: 39,
    name: 'traits',
    type: 'json',
    nullable: true,
    text: 'traits (or context.traits of an identify), whole, as JSON text.',
  },
  {
    id: 40,
    name: 'context',
    type: 'json',
    nullable: true,
    text: 'context without the strings that columns above hold, as JSON text; its userAgent is null where user_agent is from the header.',
  },
  {
    id: 41,
    name: 'body',
    type: 'string',
    nullable: true,
    text: 'What was sent, of a failed event: whole up to 64 KB, else its first 32 KB; base64 where a whole pack was unreadable.',
  },
  {
    id: 42,
    name: 'body_bytes',
    type: 'int',
    nullable: true,
    text: 'Length of what was sent, of a failed event, in bytes.',
  },
  {
    id: 43,
    name: 'body_sha256',
    type: 'string',
    nullable: true,
    text: 'SHA-256 of what was sent, of a failed event that is not kept whole.',
  },
  {
    id: 44,
    name: 'other',
    type: 'json',
    nullable: true,
    text: 'Every other key of the event, such as integrations, whole, as JSON text.',
  },
] as const satisfies readonly ColumnSpec[];

/** Fields of one element of `products`. Whatever does not fit the type is null here and whole in `properties`. */
export const PRODUCT_FIELDS = [
  { id: 100, name: 'product_id', type: 'string' },
  { id: 101, name: 'category', type: 'string' },
  { id: 102, name: 'price', type: 'double' },
  { id: 103, name: 'quantity', type: 'int' },
] as const;

/** The field id of the list element of `products`. */
export const PRODUCT_ELEMENT_ID = 99;

export type Column = (typeof COLUMNS)[number];
export type ColumnName = Column['name'];

export interface Product {
  product_id: string | null;
  category: string | null;
  /** Currency units, as sent. */
  price: number | null;
  /** 32-bit integer. */
  quantity: number | null;
}

interface ValueByType {
  string: string;
  json: string;
  timestamp: number;
  uuid: string;
  int: number;
  boolean: boolean;
  products: Product[];
}

type Value<C extends Column> = C['nullable'] extends true ? ValueByType[C['type']] | null : ValueByType[C['type']];

/** One event as every store keeps it. Timestamps are epoch milliseconds, `json` columns JSON text. */
export type EventRow = { [C in Column as C['name']]: Value<C> };
