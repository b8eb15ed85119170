/**
 * What Inlet needs of a platform. Each port is the part of a Cloudflare binding that Inlet uses, so that on Cloudflare
 * the binding is the port, with no adapter between; `platform/bun` and `platform/sim` implement the same part. The
 * suites in `test/conformance` say what the shapes cannot: what each call means.
 */

/** Part of R2Object. `etag` changes with the content. */
export interface StoredObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly etag: string;
  readonly uploaded: Date;
}

/** Part of R2ObjectBody. */
export interface StoredBody extends StoredObject {
  arrayBuffer(): Promise<ArrayBuffer>;
  text(): Promise<string>;
}

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** `etagDoesNotMatch: '*'` creates only; `etagMatches` replaces only that version. */
export interface PutCondition {
  readonly etagDoesNotMatch?: '*';
  readonly etagMatches?: string;
}

export interface ListPage {
  readonly objects: StoredObject[];
  readonly delimitedPrefixes: string[];
  readonly truncated: boolean;
  readonly cursor?: string;
}

/** Part of R2Bucket. Keys sort by UTF-8 bytes; reads follow writes at once. */
export interface ObjectStore {
  head(key: string): Promise<StoredObject | null>;
  get(key: string, options?: { range?: ByteRange }): Promise<StoredBody | null>;
  /** Null, with nothing changed, when `onlyIf` does not hold. Durable when it resolves. */
  put(key: string, value: Uint8Array | string, options?: { onlyIf?: PutCondition }): Promise<StoredObject | null>;
  /** At most 1,000 keys; an absent key is no error. */
  delete(keys: string | string[]): Promise<void>;
  /** At most 1,000 objects a page. */
  list(options?: {
    prefix?: string;
    cursor?: string;
    limit?: number;
    delimiter?: string;
    startAfter?: string;
  }): Promise<ListPage>;
}

/** BLOBs and bigints are left out: D1 reads the one as number arrays and refuses the other. */
export type SqlValue = string | number | null;

/** Part of D1PreparedStatement. */
export interface Statement {
  bind(...values: SqlValue[]): Statement;
  all<Row = Record<string, unknown>>(): Promise<{ results: Row[] }>;
  run(): Promise<unknown>;
}

/** Part of D1Database. `batch` is one transaction: all or nothing. At most 100 values a statement. */
export interface Database {
  prepare(sql: string): Statement;
  batch(statements: Statement[]): Promise<unknown>;
}

/** The hot index: a database, and those that share its events, where one is too small. */
export interface HotIndex extends Database {
  /** In the order of the ranges of buckets that they hold; the first range is in the database itself. */
  readonly beside?: readonly Database[];
  /** Over how many of them, itself included, the next rebuild spreads the events; all where it is left out. */
  readonly shards_wanted?: number;
}

export interface QueueMetrics {
  readonly backlogCount: number;
  readonly backlogBytes: number;
  /** Arrival of the oldest message that is not yet acknowledged. */
  readonly oldestMessageTimestamp?: Date;
}

/** Part of Queue. A send that resolves is on disk. Throws when full or failing. */
export interface Queue {
  send(body: Uint8Array, options: { contentType: 'bytes' }): Promise<unknown>;
  sendBatch(messages: { body: Uint8Array; contentType: 'bytes' }[]): Promise<unknown>;
  metrics(): Promise<QueueMetrics>;
}

/** Part of Message. `attempts` counts from 1. */
export interface QueueMessage {
  readonly id: string;
  readonly body: unknown;
  readonly attempts: number;
  ack(): void;
  retry(options?: { delaySeconds?: number }): void;
}

/** Part of MessageBatch. */
export interface QueueBatch {
  readonly queue: string;
  readonly messages: readonly QueueMessage[];
}

/** Part of KVNamespace. A cache: what is read may be a minute old. */
export interface KeyValue {
  get(key: string): Promise<string | null>;
  put(key: string, value: string, options?: { expirationTtl?: number }): Promise<void>;
  delete(key: string): Promise<void>;
}

/** The only clock. Inside a Cloudflare request it does not advance while code runs. */
export interface Clock {
  /** Epoch milliseconds, whole. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

/** The only randomness. */
export interface Random {
  /** Lower-case hex digits. */
  hex(digits: number): string;
}

/** How a platform compresses; what it reads is told apart by magic bytes. */
export interface Compressor {
  readonly name: 'gzip' | 'zstd';
  compress(bytes: Uint8Array): Uint8Array;
}

export interface Ports {
  readonly lake: ObjectStore;
  /** Write keys and read tokens. */
  readonly control: Database;
  readonly index: HotIndex;
  readonly queue: Queue;
  readonly cache: KeyValue;
  readonly clock: Clock;
  readonly random: Random;
  readonly compressor: Compressor;
}

/** Objects as files that DuckDB can open. */
export interface LocalFiles {
  /** A folder for temporary files, on the same disk where there is one. */
  readonly scratch_dir: string;
  /** Absolute paths of these objects, in order; they stay until `release`. Throws when an object is gone. */
  pin(keys: readonly string[]): Promise<PinnedFiles>;
}

export interface PinnedFiles {
  readonly paths: readonly string[];
  release(): Promise<void>;
}

/** Told about long work: `done` of `total` units. */
export type Progress = (label: string, done: number, total: number) => void;
