/** Makes one page of a notebook: runs its SQL cells over the lake and puts their rows beside the charts. */
import { type JsonRow, type JsonValue, query } from '../sql/query.ts';
import type { Session } from '../sql/session.ts';
import type { Cell, Notebook } from './notebook.ts';
import { type Answer, renderPage } from './page.ts';

export interface CellError {
  readonly cell: Cell;
  readonly message: string;
}

export interface BuiltPage {
  readonly html: string;
  /** What went wrong, in the order of the cells; the page shows each at its cell. */
  readonly errors: readonly CellError[];
}

/** More would make a page that is slow to open; charts of that many are better aggregated in SQL. */
const ROWS_MAX = 20_000;

/** A cell that fails does not stop the others. */
export async function buildPage(session: Session, notebook: Notebook, signal?: AbortSignal): Promise<BuiltPage> {
  const answers = new Map<Cell, Answer>();
  const errors: CellError[] = [];
  for (const cell of notebook.cells) {
    try {
      if (cell.kind === 'sql') answers.set(cell, await answerOf(session, cell, signal));
      if (cell.kind === 'javascript') answers.set(cell, { code: codeOf(cell.source) });
    } catch (error) {
      signal?.throwIfAborted();
      const message = explain(error);
      answers.set(cell, { error: message });
      errors.push({ cell, message });
    }
  }
  return { html: await renderPage(notebook, answers, session.asOf), errors };
}

async function answerOf(session: Session, { source }: Cell, signal: AbortSignal | undefined): Promise<Answer> {
  const { columns, row_count, batches } = await query(session, source, signal);
  if (row_count > ROWS_MAX) {
    const [count, most] = [row_count, ROWS_MAX].map((value) => value.toLocaleString('en'));
    throw new Error(`The answer has ${count} rows; a page holds ${most}. Aggregate in SQL.`);
  }
  const isDecimal = columns.map(({ type }) => type.startsWith('DECIMAL'));
  const rows: JsonRow[] = [];
  for await (const batch of batches) {
    rows.push(...batch.map((row) => row.map((value, index) => (isDecimal[index] ? decimal(value) : value))));
  }
  return { columns, rows };
}

function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const isMissing = /Table with name reports_\w+ does not exist/.test(message);
  return isMissing ? `${message}\n\nReports are stored by the central job: run inlet compact.` : message;
}

function decimal(value: JsonValue): JsonValue {
  return typeof value === 'string' ? Number(value) : value;
}

const AsyncFunction: FunctionConstructor = Object.getPrototypeOf(async () => {}).constructor;

/**
 * The body of a function: a cell is an expression whose value is shown, or statements that call `display`. It is
 * parsed here and runs in the page only.
 *
 * @throws SyntaxError
 */
function codeOf(source: string): string {
  const expression = `return (\n${source.replace(/;\s*$/, '')}\n);`;
  try {
    new AsyncFunction(expression);
    return expression;
  } catch {
    new AsyncFunction(source);
    return source;
  }
}
