/** Rows of the log as the hot index takes them: with the whole context, which the log keeps partly in columns. */
import { restoreContext } from '../../edge/expand/restore-context.ts';
import type { EventRow } from '../../schemas/columns.ts';

export function withWholeContext(rows: readonly EventRow[]): EventRow[] {
  return rows.map((row) => {
    const context = restoreContext(row);
    return { ...row, context: context === null ? null : JSON.stringify(context) };
  });
}
