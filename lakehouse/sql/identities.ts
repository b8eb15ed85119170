/**
 * The identity index in SQL: from rows to the hashes that stand for their identities, and from those to the rows of the
 * table that are copies. Most copies come later than what the table has: they are out without a look at the table. Where
 * one came earlier, or in the same millisecond, the index says which files to compare (`copies.ts`).
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { ObjectStore } from '../../platform/ports.ts';
import { type IdentityIndex, type IdentityPart, readIdentities, UNTIMED } from '../catalog/identities.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import { receivedMax, receivedMin, type TableFile } from '../catalog/table-file.ts';
import { DAY, pathList } from './columns.ts';
import { allRows, asNumber, asText } from './duckdb.ts';

export const HOUR_MS = 3_600_000;

/** Most SDKs put the time into the id, as in `ajs-next-1774174645579-…`, and so does UUID version 7. */
const TIME_IN_ID = `case
  when contains(message_id, '-next-') then try_cast(substr(message_id, instr(message_id, '-next-') + 6, 13) as BIGINT)
  when length(message_id) = 36 and message_id[15] = '7'
    then try_cast(concat('0x', substr(message_id, 1, 8), substr(message_id, 10, 4)) as BIGINT) end`;

/** Of source and message id, and of nothing else: copies have the same one wherever they turn up. */
const DIGEST = `md5_number(concat(length(source), ':', source, message_id))`;

/**
 * What rows become in the index, of rows of events. `identity` is what it is sorted by: where the id begins with its
 * time, that comes first, in seconds, so that ids of one time are together and a unit of compaction meets few parts; the
 * others have the highest bit set, and digits of the digest behind it. `digits` are the other half of the digest.
 *
 * @param rows a table expression. @param columns further ones to take over
 */
export function identitiesOf(rows: string, columns = ''): string {
  return `select ${columns} case when second between 0 and ${2 ** 33 - 1}
      then (second::UBIGINT << 30) | (digest >> 98)::UBIGINT else ${UNTIMED}::UBIGINT | (digest >> 65)::UBIGINT end as identity,
    (digest & ${2n ** 64n - 1n}::UHUGEINT)::UBIGINT as digits, epoch_ms(received_at) as received_ms,
    ${DAY} as date, type
  from (select *, (${TIME_IN_ID}) // 1000 as second, ${DIGEST} as digest from ${rows})`;
}

/** The index of a snapshot; one that reaches back to nothing where it has none that can be read. */
export async function openIndex(lake: ObjectStore, snapshot: Snapshot): Promise<IdentityIndex> {
  if (snapshot.totals.rows === 0) return { since: 0, parts: [] };
  return (await readIdentities(lake, snapshot)) ?? { since: Number.POSITIVE_INFINITY, parts: [] };
}

/** Where rows of the table may be that are copies of pending ones, and are not known to win. */
export interface Suspicion {
  /** Days and types. */
  readonly partitions: readonly Pick<TableFile, 'date' | 'type'>[];
  /** Set where the index does not reach back far enough: files with arrivals from here on are to be looked through. */
  readonly received_since?: number;
  /** Whether the file may hold one of them. */
  readonly covers: (file: TableFile) => boolean;
}

/**
 * Asks the index about the rows of the table `pending_stamps`. Those that lose against a row of the table move from
 * there to the table `beaten(path, row)`.
 *
 * @param received_since rows that arrived earlier are not copies, epoch milliseconds
 * @param pin local paths of these parts
 */
export async function askIndex(
  connection: DuckDBConnection,
  index: IdentityIndex,
  received_since: number,
  pin: (parts: readonly IdentityPart[]) => Promise<string[]>,
): Promise<Suspicion> {
  const places = await compareWith(connection, await pin(await partsMet(connection, index.parts)));
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

/** @returns where the rows are that do not beat every pending copy of theirs, by day and type */
async function compareWith(connection: DuckDBConnection, parts: readonly string[]): Promise<Map<string, Place>> {
  await connection.run('create temp table beaten (path VARCHAR, row BIGINT)');
  if (parts.length === 0) return new Map();
  await connection.run(`
    create temp table known as
      select identity, digits, received_ms, date, type from read_parquet(${pathList(parts)}, hive_partitioning = false)
        semi join pending_stamps using (identity, digits);
    insert into beaten
      select path, row from pending_stamps pending
        semi join known on pending.identity = known.identity and pending.digits = known.digits
          and pending.received_ms > known.received_ms;
    delete from pending_stamps where exists
      (from beaten where beaten.path = pending_stamps.path and beaten.row = pending_stamps.row)`);
  const found = await allRows(
    connection,
    `select distinct date, type, received_ms // ${HOUR_MS} as hour from known
       semi join pending_stamps using (identity, digits) order by all`,
  );
  await connection.run('drop table known');
  const groups = Map.groupBy(found, ({ date, type }) => `${asText(date)}/${asText(type)}`);
  const place = (rows: typeof found): Place => ({
    date: asText(rows[0]?.date),
    type: asText(rows[0]?.type),
    hours: rows.map(({ hour }) => asNumber(hour)),
  });
  return new Map([...groups].map(([partition, rows]) => [partition, place(rows)]));
}
