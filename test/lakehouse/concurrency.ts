/** Appenders, compactors, expiry and a reader over one lake, with real files and DuckDB, at each call of the store in turn. */

import { expire } from '../../lakehouse/catalog/expire.ts';
import { tableFiles } from '../../lakehouse/catalog/files.ts';
import { openLog } from '../../lakehouse/catalog/log.ts';
import { runCompaction } from '../../lakehouse/compact/run.ts';
import { s3Files } from '../../platform/bun/local-files.ts';
import type { ObjectStore } from '../../platform/ports.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { append, CONFIG, seen, sightOf, type TestLake } from './lake.ts';
import { randomPacks, winnersOf } from './rows.ts';
import { takeTurns } from './turns.ts';

const APPENDERS = 8;
const COMPACTORS = 2;

export interface Outcome {
  commits: number;
  /** Of compactions that gave up, as others were first. */
  conflicts: number;
  reads: number;
  expired: number;
  rows: number;
}

/**
 * In each round all of them run at once. The reader finds every winner of what had been appended before it began, and
 * each identity once; after each round the log has exactly the winners of all rows.
 *
 * @param check compares what is there with what is due
 */
export async function runTogether(
  lake: TestLake,
  rounds: number,
  check: (found: unknown, due: unknown) => void,
): Promise<Outcome> {
  const random = seededRandom(11);
  const turns = takeTurns(random);
  const packs = randomPacks(random, rounds * APPENDERS, 6);
  const appended: EventRow[] = [];
  const outcome: Outcome = { commits: 0, conflicts: 0, reads: 0, expired: 0, rows: 0 };

  /** The lake for one actor. */
  const share = (): TestLake => {
    const store = turns.store(lake.lake);
    return { ...lake, lake: store, files: s3Files(store, lake.files.scratch_dir) };
  };
  const appendOne = (pack: EventRow[]) => async (): Promise<void> => {
    await append(share(), [pack]);
    appended.push(...pack);
  };
  const compact = async (): Promise<void> => {
    const result = await runCompaction({ ...share(), config: CONFIG }).catch((error: unknown) => {
      if (!(error instanceof Error && error.message.includes('run only one'))) throw error;
      outcome.conflicts += 1;
    });
    outcome.commits += result?.commits ?? 0;
  };
  const read = async (): Promise<void> => {
    const before = winnersOf(appended).map(({ source, message_id }) => `${source}\n${message_id}`);
    const found = (await seen(share())).map((row) => (Array.isArray(row) ? `${row[0]}\n${row[1]}` : ''));
    check(new Set(found).size, found.length);
    const present = new Set(found);
    check(
      before.filter((identity) => !present.has(identity)),
      [],
    );
    outcome.reads += 1;
  };
  const letExpire = async (): Promise<void> => {
    const { lake: store, clock } = share();
    const expired = await expire({ lake: store, clock, config: CONFIG });
    outcome.expired += expired.files.length + expired.segments.length + expired.versions.length;
  };

  for (let round = 0; round < rounds; round += 1) {
    const some = packs.slice(round * APPENDERS, (round + 1) * APPENDERS);
    await turns.run([...some.map(appendOne), ...Array.from({ length: COMPACTORS }, () => compact), letExpire, read]);
    await lake.clock.advance(random.below(60) * 60_000);
    check(await seen(lake), sightOf(winnersOf(appended)));
    outcome.rows = appended.length;
  }
  check(await namesMissing(lake.lake), []);
  return outcome;
}

/** Keys that the table names and the store lacks. */
async function namesMissing(lake: ObjectStore): Promise<string[]> {
  const { snapshot } = await openLog(lake);
  const heads = (await tableFiles(lake, snapshot)).map(async ({ key }) =>
    (await lake.head(key)) === null ? [key] : [],
  );
  return (await Promise.all(heads)).flat();
}
