/** One day of the shop as segments, made by the product's own code: what every day of the bench is made from. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodePack } from '../../../edge/enqueue/pack.ts';
import { expandPack } from '../../../edge/expand/expand.ts';
import { encodeSegment } from '../../../lakehouse/append/encode.ts';
import { zstdCompressor } from '../../../platform/bun/system.ts';
import type { EventRow } from '../../../schemas/columns.ts';
import { shopBatches } from '../support/shop-packs.ts';

/** A few minutes of a busy day. */
const SEGMENT_ROWS = 50_000;

/** Paths of the segments, by arrival; made where they are not there yet. @param folder for them alone */
export async function baseSegments(folder: string, events: number): Promise<string[]> {
  const count = Math.ceil(events / SEGMENT_ROWS);
  const paths = Array.from({ length: count }, (_, number) =>
    join(folder, `${String(number).padStart(4, '0')}.parquet`),
  );
  if (existsSync(folder)) return paths;
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  let written = 0;
  const write = async (rows: readonly EventRow[]): Promise<void> => {
    const name = paths[written]?.slice(folder.length + 1);
    if (name === undefined) throw new Error(`${events} events do not fill ${written + 1} segments`);
    await writeFile(join(unfinished, name), encodeSegment(rows, zstdCompressor));
    written += 1;
  };
  const rows: EventRow[] = [];
  for (const batch of shopBatches({ events, users: events })) {
    rows.push(...batch.map(decodePack).flatMap(expandPack));
    if (rows.length >= SEGMENT_ROWS) await write(rows.splice(0, SEGMENT_ROWS));
  }
  if (rows.length > 0) await write(rows);
  await rename(unfinished, folder);
  return paths;
}
