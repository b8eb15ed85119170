import type { View } from '../../lakehouse/sql/views.ts';
import { DOT_COMMANDS } from './dot.ts';

const WORDS =
  'select from where group by order limit having join left using on as with distinct count sum avg min max and or not in between like is null case when then else end desc union all date_trunc'.split(
    ' ',
  );

/** For Tab: words of SQL, views and their columns; after a dot at the start of a line, commands of the shell. */
export function completerOf(views: readonly View[]): (line: string) => [string[], string] {
  const names = views.map(({ name }) => name);
  const columns = views.flatMap((view) => view.columns.map(({ name }) => name));
  const words = [...new Set([...names, ...columns, ...WORDS])].sort();
  return (line) => {
    if (/^\.\w*$/.test(line)) return [DOT_COMMANDS.filter((command) => command.startsWith(line)), line];
    const word = /[\w]*$/.exec(line)?.[0] ?? '';
    const known = line.startsWith('.schema ') ? names : words;
    return [word === '' ? [] : known.filter((candidate) => candidate.startsWith(word.toLowerCase())), word];
  };
}
