/** The commands of the SQL shell itself. */
import type { JsonRow } from '../../lakehouse/sql/query.ts';
import type { View } from '../../lakehouse/sql/views.ts';

export interface Answer {
  readonly columns: readonly { readonly name: string }[];
  readonly rows: readonly JsonRow[];
}

const HELP = {
  '.tables': 'the views there are',
  '.schema': 'the columns of a view: .schema events',
  '.help': 'this',
  '.quit': 'ends the shell, as Ctrl-D does',
} as const;

export const DOT_COMMANDS: readonly string[] = Object.keys(HELP);

/** @returns null to end */
export function dotCommand(line: string, views: readonly View[]): Answer | null {
  const [command = '', name] = line.replace(/;$/, '').split(/\s+/);
  if (command === '.quit' || command === '.exit') return null;
  if (command === '.tables') return table(['view', 'what it has'], tablesOf(views));
  if (command !== '.schema') return table(['command', 'what it shows'], Object.entries(HELP));
  const view = views.find((known) => known.name === name);
  if (view === undefined) return table(['which view?', 'what it has'], tablesOf(views));
  return table(
    ['column', 'type', 'what it says'],
    view.columns.map((column) => [column.name, column.type, column.text]),
  );
}

function tablesOf(views: readonly View[]): JsonRow[] {
  return views.map(({ name, text }) => [name, text]);
}

function table(names: readonly string[], rows: readonly JsonRow[]): Answer {
  return { columns: names.map((name) => ({ name })), rows };
}
