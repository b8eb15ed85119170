/** The same events twice: as packs for Inlet, as rows in NDJSON for DuckDB. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { decodePack } from '../../../edge/enqueue/pack.ts';
import { expandPack } from '../../../edge/expand/expand.ts';
import { COLUMNS, type EventRow } from '../../../schemas/columns.ts';
import { shopBatches } from '../support/shop-packs.ts';
import { writePacksFile } from './packs-file.ts';

export const PACKS = 'packs.bin';
export const ROWS = 'rows.ndjson';

const TIMESTAMPS = COLUMNS.filter(({ type }) => type === 'timestamp').map(({ name }) => name);

export function prepare(folder: string, events: number): void {
  const batches = shopBatches({ events, users: events });
  const rows = openSync(join(folder, ROWS), 'w');
  writePacksFile(join(folder, PACKS), alsoAsRows(batches, rows));
  closeSync(rows);
}

function* alsoAsRows(batches: Iterable<Uint8Array[]>, file: number): Generator<Uint8Array[]> {
  for (const batch of batches) {
    for (const pack of batch) writeSync(file, expandPack(decodePack(pack)).map(line).join(''));
    yield batch;
  }
}

/** Without what is null: DuckDB has less to read. */
function line(row: EventRow): string {
  const fields = Object.entries({ ...row, ...times(row) }).filter(([, value]) => value !== null);
  return `${JSON.stringify(Object.fromEntries(fields))}\n`;
}

function times(row: EventRow): Record<string, string | null> {
  const texts = TIMESTAMPS.map((name) => {
    const time = row[name];
    return [name, typeof time === 'number' ? new Date(time).toISOString() : null] as const;
  });
  return Object.fromEntries(texts);
}
