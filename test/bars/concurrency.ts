/**
 * 8 appenders, 2 compactors, 1 expiry and 1 reader over one lake, with real files and DuckDB: the set of rows is always
 * exact. Ends with an error at the first difference.
 *
 *     bun test/bars/concurrency.ts --rounds 200
 */
import { isDeepStrictEqual } from 'node:util';
import { runTogether } from '../lakehouse/concurrency.ts';
import { testLake } from '../lakehouse/lake.ts';

const at = process.argv.indexOf('--rounds');
const rounds = at === -1 ? 200 : Number(process.argv[at + 1]);
const lake = testLake();
try {
  const outcome = await runTogether(lake, rounds, (found, due) => {
    if (!isDeepStrictEqual(found, due)) throw new Error(`Found ${JSON.stringify(found)}\nnot ${JSON.stringify(due)}`);
  });
  process.stdout.write(`${rounds} rounds, always exact: ${JSON.stringify(outcome)}\n`);
} finally {
  lake.close();
}
