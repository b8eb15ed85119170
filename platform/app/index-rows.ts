/** Rows of the log into the hot index, a window at a time. */
import { type BatchSize, writeRows } from '../../query/index/write.ts';
import type { EventRow } from '../../schemas/columns.ts';
import type { HotIndex } from '../ports.ts';

/** A batch of small events may hold 50,000: in one go their copies would fill an isolate. */
const WINDOW_ROWS = 10_000;

/** @throws what the database throws; writing all of them again is then right. */
export async function indexRows(index: HotIndex, rows: readonly EventRow[], size?: BatchSize): Promise<void> {
  for (let start = 0; start < rows.length; start += WINDOW_ROWS) {
    await writeRows(index, rows.slice(start, start + WINDOW_ROWS), size);
  }
}
