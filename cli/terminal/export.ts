/** Results as files for other programs, on standard output. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { literal } from '../../lakehouse/sql/duckdb.ts';
import type { Session } from '../../lakehouse/sql/session.ts';

export const EXPORTS = ['parquet', 'arrow'] as const;
export type Export = (typeof EXPORTS)[number];

export function isExport(format: string): format is Export {
  return EXPORTS.some((known) => known === format);
}

/** @param table of the session, whole: a result that failed half way has none */
export async function writeExport(session: Session, table: string, format: Export): Promise<void> {
  if (process.stdout.isTTY) throw new Error(`${format} is not for reading: send it to a file with > result.${format}`);
  try {
    await pipeline(await streamOf(session, table, format), process.stdout, { end: false });
  } catch (error) {
    // A reader such as `head` has seen enough.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error;
  }
}

async function streamOf(session: Session, table: string, format: Export): Promise<NodeJS.ReadableStream> {
  // Loaded where it is asked for: the library takes 20 MB, of the server's process too.
  if (format === 'arrow') return (await import('./arrow.ts')).arrowStream(session, table);
  const path = join(session.folder, 'result.parquet');
  await session.connection.run(`copy ${table} to ${literal(path)} (FORMAT parquet)`);
  return createReadStream(path);
}
