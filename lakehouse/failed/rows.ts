/** Reads failed events out of one row group: first only what tells which ones are wanted, then the bodies of those. */
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import type { ObjectStore } from '../../platform/ports.ts';
import type { ColumnName } from '../../schemas/columns.ts';
import { FAILED_TYPE } from '../../schemas/event.ts';
import { DECOMPRESSORS, FOOTER_BYTES, openObject, PARSERS } from '../append/read.ts';
import type { Stretch } from './stretch.ts';

/** Where a failed event stands among all: by arrival, then by its place in the pack. */
export interface FailedPosition {
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  readonly packId: string;
  readonly packIndex: number;
}

/** What was sent is not read yet. */
export interface FailedMark extends FailedPosition {
  readonly source: string;
  readonly code: string;
  /** The row in its file. */
  readonly key: string;
  readonly row: number;
}

export interface SentBody {
  readonly body: string | null;
  /** Bytes of what was sent. */
  readonly bytes: number | null;
  /** Of what was sent, where `body` is not all of it. */
  readonly sha256: string | null;
}

const MARK_COLUMNS: ColumnName[] = ['type', 'source', 'received_at', 'pack_id', 'pack_index', 'verdict_code'];
const BODY_COLUMNS: ColumnName[] = ['body', 'body_bytes', 'body_sha256'];

interface OpenFile {
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
}

/** Failed events of a stretch, in file order. */
export async function readMarks(lake: ObjectStore, { key, rowStart, rowEnd }: Stretch): Promise<FailedMark[]> {
  const rows = await readColumns(await open(lake, key), MARK_COLUMNS, rowStart, rowEnd);
  return rows.flatMap((row, index) =>
    row.type === FAILED_TYPE
      ? [
          {
            receivedAt: numberOf(row.received_at) ?? 0,
            packId: textOf(row.pack_id) ?? '',
            packIndex: numberOf(row.pack_index) ?? 0,
            source: textOf(row.source) ?? '',
            code: textOf(row.verdict_code) ?? '',
            key,
            row: rowStart + index,
          },
        ]
      : [],
  );
}

/** What was sent, of each of these, in their order. Neighbours are read together, and nothing that lies between others. */
export async function readBodies(lake: ObjectStore, marks: readonly FailedMark[]): Promise<SentBody[]> {
  const bodies = new Map<FailedMark, SentBody>();
  for (const [key, ofFile] of Map.groupBy(marks, (mark) => mark.key)) {
    const opened = await open(lake, key);
    for (const run of runsOf(ofFile)) {
      const [first, last] = [run[0]?.row ?? 0, run.at(-1)?.row ?? 0];
      const rows = await readColumns(opened, BODY_COLUMNS, first, last + 1);
      for (const mark of run) {
        const row = rows[mark.row - first] ?? {};
        bodies.set(mark, {
          body: textOf(row.body),
          bytes: numberOf(row.body_bytes),
          sha256: textOf(row.body_sha256),
        });
      }
    }
  }
  return marks.map((mark) => bodies.get(mark) ?? { body: null, bytes: null, sha256: null });
}

/** Runs of rows that follow one another. */
function runsOf(marks: readonly FailedMark[]): FailedMark[][] {
  const runs: FailedMark[][] = [];
  for (const mark of marks.toSorted((a, b) => a.row - b.row)) {
    const run = runs.at(-1);
    if (run?.at(-1)?.row === mark.row - 1) run.push(mark);
    else runs.push([mark]);
  }
  return runs;
}

async function open(lake: ObjectStore, key: string): Promise<OpenFile> {
  const file = await openObject(lake, key);
  return { file, metadata: await parquetMetadataAsync(file, { parsers: PARSERS, initialFetchSize: FOOTER_BYTES }) };
}

async function readColumns(
  opened: OpenFile,
  columns: ColumnName[],
  rowStart: number,
  rowEnd: number,
): Promise<Record<string, unknown>[]> {
  return parquetReadObjects({ ...opened, columns, rowStart, rowEnd, compressors: DECOMPRESSORS, parsers: PARSERS });
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
