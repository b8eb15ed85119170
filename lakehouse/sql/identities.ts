/**
 * The identity index in SQL: from rows to the hashes that stand for their identities, and from those to the few files of
 * the table that may hold copies. What it finds is a suspicion: the files themselves are compared (`copies.ts`), so two
 * identities with the same hash cost a look and nothing else.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { ObjectStore } from '../../platform/ports.ts';
import { type IdentityIndex, type IdentityPart, readIdentities, UNTIMED } from '../catalog/identities.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import { receivedMax, receivedMin, type TableFile } from '../catalog/table-file.ts';
import { pathList } from './columns.ts';
import { allRows, asNumber, asText } from './duckdb.ts';

export const HOUR_MS = 3_600_000;

/** Most SDKs put the time into the id, as in `ajs-next-1774174645579-…`, and so does UUID version 7. */
const TIME_IN_ID = `case
  when contains(message_id, '-next-') then try_cast(substr(message_id, instr(message_id, '-next-') + 6, 13) as BIGINT)
  when length(message_id) = 36 and message_id[15] = '7'
    then try_cast(concat('0x', substr(message_id, 1, 8), substr(message_id, 10, 4)) as BIGINT) end`;

/**
 * 64 bits made of nothing but source and message id, so that copies have the same ones wherever they turn up. Where the
 * id begins with its time, that comes first, in seconds: sorted, ids of one time are together, and a unit of compaction
 * meets few parts. The others have the highest bit set and a hash behind it.
 */
export const IDENTITY_HASH = `(select case when second between 0 and ${2 ** 33 - 1}
    then (second::UBIGINT << 30) | (hash >> 34) else ${UNTIMED}::UBIGINT | (hash >> 1) end
  from (select (${TIME_IN_ID}) // 1000 as second, hash(source, message_id) as hash))`;

/** What rows become in the index, of a row of events. */
export const IDENTITY_COLUMNS = `${IDENTITY_HASH} as identity, (epoch_ms(received_at) // ${HOUR_MS})::INTEGER as arrived_hour,
  strftime(timezone('UTC', "timestamp"), '%Y-%m-%d') as date, type`;

const CHECKED = `(values ('a', 'b'), ('shop', 'ajs-next-1774174645579-c568a023-bc38-4324-ac24-f0cb924f8166'),
  ('shop', 'c568a023-bc38-4324-ac24-f0cb924f8166'), ('shop', '019c568a-bc38-7324-ac24-f0cb924f8166'))`;

/** DuckDB may hash otherwise in another version or on another machine: an index says by which hashes it was made. */
async function hashCheck(connection: DuckDBConnection): Promise<string> {
  const [row] = await allRows(
    connection,
    `select string_agg(${IDENTITY_HASH}::VARCHAR, ' ') as hashes from ${CHECKED} identities(source, message_id)`,
  );
  return asText(row?.hashes);
}

/** The index of a snapshot, as far as it can be used; for the most part nothing else is ever seen than all of it. */
export async function openIndex(
  connection: DuckDBConnection,
  lake: ObjectStore,
  snapshot: Snapshot,
): Promise<IdentityIndex> {
  const check = await hashCheck(connection);
  if (snapshot.totals.rows === 0) return { check, since: 0, parts: [] };
  const index = await readIdentities(lake, snapshot);
  return index?.check === check ? index : { check, since: Number.POSITIVE_INFINITY, parts: [] };
}

/** Where rows of the table may be that are copies of pending ones. */
export interface Suspicion {
  /** Days and types. */
  readonly partitions: readonly Pick<TableFile, 'date' | 'type'>[];
  /** Set where the index does not reach back far enough: files with arrivals from here on are to be looked through. */
  readonly received_since?: number;
  /** Whether the file may hold one of them. */
  readonly covers: (file: TableFile) => boolean;
}

/**
 * Asks the index about the rows of the table `pending_stamps`.
 *
 * @param received_since rows that arrived earlier are not copies, epoch milliseconds
 * @param pin local paths of these parts
 */
export async function suspectCopies(
  connection: DuckDBConnection,
  index: IdentityIndex,
  received_since: number,
  pin: (parts: readonly IdentityPart[]) => Promise<string[]>,
): Promise<Suspicion> {
  const places = await placesIn(connection, await pin(await partsMet(connection, index.parts)));
  const isUncovered = (file: TableFile): boolean =>
    receivedMin(file) < index.since && receivedMax(file) >= received_since;
  const isPlace = (file: TableFile): boolean =>
    (places.get(`${file.date}/${file.type}`)?.hours ?? []).some(
      (hour) => receivedMin(file) < (hour + 1) * HOUR_MS && receivedMax(file) >= hour * HOUR_MS,
    );
  const partitions = [...places.values()];
  if (received_since >= index.since) return { partitions, covers: isPlace };
  return { partitions, received_since, covers: (file) => isUncovered(file) || isPlace(file) };
}

/** Parts with a hash in their range. */
async function partsMet(connection: DuckDBConnection, parts: readonly IdentityPart[]): Promise<IdentityPart[]> {
  if (parts.length === 0) return [];
  const met = parts.map(
    ({ identity_min, identity_max }) =>
      `coalesce(bool_or(identity between ${identity_min} and ${identity_max}), false)`,
  );
  const [row] = await allRows(connection, `select [${met.join(', ')}] as met from pending_stamps`);
  const isMet = Array.isArray(row?.met) ? row.met : [];
  return parts.filter((_, position) => isMet[position] === true);
}

interface Place {
  readonly date: string;
  readonly type: string;
  /** In which such rows arrived, since 1970. */
  readonly hours: readonly number[];
}

/** By day and type. */
async function placesIn(connection: DuckDBConnection, parts: readonly string[]): Promise<Map<string, Place>> {
  if (parts.length === 0) return new Map();
  const found = await allRows(
    connection,
    `select date, type, arrived_hour from (
       select identity, date, type, arrived_hour from read_parquet(${pathList(parts)}, hive_partitioning = false)
         semi join pending_stamps using (identity)
     ) group by all order by all`,
  );
  const groups = Map.groupBy(found, ({ date, type }) => `${asText(date)}/${asText(type)}`);
  const place = (rows: typeof found): Place => ({
    date: asText(rows[0]?.date),
    type: asText(rows[0]?.type),
    hours: rows.map(({ arrived_hour }) => asNumber(arrived_hour)),
  });
  return new Map([...groups].map(([partition, rows]) => [partition, place(rows)]));
}
