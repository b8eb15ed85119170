/**
 * Puts a change into the table. Data files are written before; here only metadata is, and a commit that meets another
 * one tries again with that alone. The order of its writes is manifests, their list, the segments it consumes, and last
 * the metadata, with which all of it counts: see docs/spec/commit.md.
 */
import { createHash } from 'node:crypto';
import type { ObjectStore, Random } from '../../platform/ports.ts';
import { readEntriesEach, readManifests } from './files.ts';
import { LAST_COLUMN_ID } from './iceberg/types.ts';
import { type Entry, encodeManifest, type ManifestContext } from './manifest.ts';
import { encodeManifestList, summarize } from './manifest-list.ts';
import { currentSchema, currentSnapshot, type Metadata, movedTo, successorOf, withColumns } from './metadata.ts';
import { consumedKey, manifestKey, manifestListKey, tableLocation } from './objects.ts';
import { revise } from './revise.ts';
import { type Change, ConflictError, checkFit, nextConsumed, type Snapshot, summaryOf } from './snapshot.ts';
import { loadTable, putMetadata, type Table } from './store.ts';
import { receivedMax } from './table-file.ts';

const ATTEMPTS_MAX = 10;
/** Below 2^53, so that every reader of JSON takes them whole. */
const ID_DIGITS = 13;
/** Names are never used twice, so that a put whose answer got lost can be sent again. */
const NAME_DIGITS = 32;
const NO_METADATA = { moved: null, swept_at: 0, last_column_id: 0, schemas: [], snapshots: [], log: [] };

export interface CommitPorts {
  readonly lake: ObjectStore;
  readonly random: Random;
  /** Where the lake is, to other engines: `file:///var/inlet/lake`, `s3://bucket`. */
  readonly lake_uri: string;
}

/**
 * @param planned the snapshot that the change was made from
 * @throws Error when others commit to the same lake under another name
 * @returns `conflict` when the change does not fit what others committed since, or others keep being first; then
 * nothing has changed
 */
export async function commit(ports: CommitPorts, planned: Snapshot, change: Change): Promise<'ok' | 'conflict'> {
  const draft: Draft = {
    ...ports,
    change,
    id: Number.parseInt(ports.random.hex(ID_DIGITS), 16),
    written: new Map(),
  };
  try {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const table = await loadTable(ports.lake);
      checkFit(planned, table.snapshot, change);
      if ((await putMetadata(ports.lake, await prepare(draft, table))) === 'ok') return 'ok';
    }
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
  }
  return 'conflict';
}

/** What the attempts of one commit share. */
interface Draft extends CommitPorts {
  readonly change: Change;
  /** Of the new snapshot. */
  readonly id: number;
  /** Manifests of earlier attempts, by hash: what did not change is not written again. */
  readonly written: Map<string, string>;
}

/** Writes everything but the metadata. */
async function prepare(draft: Draft, { metadata, snapshot }: Table): Promise<Metadata> {
  const { lake, random, lake_uri, change, id } = draft;
  const location = tableLocation(lake_uri);
  const committed_at = Math.max(change.committed_at, metadata?.updated_at ?? 0);
  const base: Metadata =
    metadata === null
      ? { ...NO_METADATA, version: 1, uuid: uuid(random), location, updated_at: committed_at }
      : successorOf(metadata, committed_at);
  const schemas = withColumns(base.schemas);
  const next: Metadata = {
    ...movedTo(base, location),
    schemas,
    last_column_id: Math.max(base.last_column_id, LAST_COLUMN_ID),
  };
  const schema = currentSchema(next);
  const sequence = snapshot.version + 1;
  const parent_id = metadata === null ? null : currentSnapshot(metadata).id;

  const before = await readManifests(lake, snapshot);
  const revised = { id, sequence, isMoved: base.location !== location };
  const { kept, written } = await revise(before, change, revised, (manifests) => readEntriesEach(lake, manifests));
  const manifests = [...kept];
  for (const entries of written) {
    const object = await writeManifest(draft, entries, { location, schema });
    manifests.push(summarize(entries, { ...object, snapshot_id: id, sequence }));
  }
  const manifest_list = manifestListKey(random.hex(NAME_DIGITS));
  await lake.put(manifest_list, encodeManifestList(manifests, { location, snapshot_id: id, parent_id, sequence }));
  const consumed = consumedKey(random.hex(NAME_DIGITS));
  await lake.put(consumed, JSON.stringify(nextConsumed(snapshot, change)));
  const summary = summaryOf(snapshot, change, { location, metadata_version: next.version, consumed });
  const schema_id = schema['schema-id'];
  const record = { id, parent_id, sequence, committed_at, manifest_list, schema_id, summary };
  return { ...next, snapshots: [...next.snapshots, record] };
}

async function writeManifest(
  { lake, random, written }: Draft,
  entries: readonly Entry[],
  context: ManifestContext,
): Promise<{ key: string; bytes: number }> {
  const content = encodeManifest(entries, context);
  const hash = createHash('sha256').update(content).digest('hex');
  const known = written.get(hash);
  if (known !== undefined) return { key: known, bytes: content.byteLength };
  const newest = Math.max(...entries.map(({ file }) => receivedMax(file)));
  const key = manifestKey(newest, random.hex(NAME_DIGITS));
  await lake.put(key, content);
  written.set(hash, key);
  return { key, bytes: content.byteLength };
}

/** Random, version 4. */
function uuid(random: Random): string {
  const digits = random.hex(32);
  const variant = ((Number.parseInt(digits.charAt(16), 16) & 3) | 8).toString(16);
  const parts = [digits.slice(0, 8), digits.slice(8, 12), `4${digits.slice(13, 16)}`];
  return [...parts, variant + digits.slice(17, 20), digits.slice(20)].join('-');
}
