/**
 * Other engines read the table as their own: after each thing that can happen to it, every one of them is asked the same
 * questions, and the answers have to be those that the rows give.
 *
 *     bun run test:interop                      all engines; needs Python 3, Java 17 and Maven
 *     bun run test:interop pyiceberg duckdb     only these
 *     bun run test:interop attach               only what `inlet lake attach` prints; `attach spark`: of that only this
 *     bun run test:interop notebook             only the Jupyter notebook
 */
import { join } from 'node:path';
import { ENGINES as ATTACHED } from '../../lakehouse/operate/attach.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { packId } from '../../schemas/pack.ts';
import { append } from '../lakehouse/lake.ts';
import { event, randomPacks, START, winnersOf } from '../lakehouse/rows.ts';
import { temporaryFolder } from '../support/inlet.ts';
import { checkAttach } from './attach.ts';
import { type Answer, ENGINES, type Engine, type EngineName, install, startEngine } from './engines.ts';
import {
  compactAll,
  expireLater,
  type InteropLake,
  makeOlderTable,
  moveLake,
  openInteropLake,
  requestOf,
} from './lake.ts';
import { checkNotebook } from './notebook.ts';

const DAY = '2026-03-29';

/** What each engine has to answer. */
function answerOf(rows: readonly EventRow[], pack: string): Answer {
  const products = rows.flatMap((row) => row.products ?? []);
  const count = (test: (row: EventRow) => boolean): number => rows.filter(test).length;
  const sum = (values: readonly (number | null)[]): number => values.reduce<number>((a, b) => a + (b ?? 0), 0);
  return {
    events: rows.length,
    ids: new Set(rows.map(({ source, message_id }) => `${source}\n${message_id}`)).size,
    users: count(({ user_id }) => user_id !== null),
    properties: sum(rows.map(({ properties }) => properties?.length ?? 0)),
    indexes: sum(rows.map(({ pack_index }) => pack_index)),
    others: count(({ other }) => other !== null),
    quantity: sum(products.map(({ quantity }) => quantity)),
    price: sum(products.map(({ price }) => price)),
    newest: Math.max(...rows.map(({ received_at }) => received_at)) * 1_000,
    day: count(({ type, timestamp }) => type === 'track' && new Date(timestamp).toISOString().startsWith(DAY)),
    user: count(({ user_key }) => user_key === 'user-3'),
    pack: count(({ pack_id }) => pack_id === pack),
  };
}

let passed = 0;
let failed = 0;

async function compare(
  stage: string,
  engines: ReadonlyMap<string, Engine>,
  lake: InteropLake,
  rows: readonly EventRow[],
) {
  const pack = rows.at(-1)?.pack_id ?? '';
  const [request, expected] = [await requestOf(lake, pack), answerOf(rows, pack)];
  for (const [name, engine] of engines) {
    const answer = await engine.ask(request).catch((error: Error): string => error.message);
    const differences =
      typeof answer === 'string'
        ? [answer]
        : Object.entries(expected)
            .filter(([question, value]) => !(Math.abs((answer[question] ?? Number.NaN) - value) < 1e-6))
            .map(([question, value]) => `${question} is ${answer[question]}, not ${value}`);
    if (differences.length === 0) passed += 1;
    else failed += 1;
    process.stdout.write(
      `${stage}: ${name}: ${differences.length === 0 ? `${rows.length} events` : differences.join('; ')}\n`,
    );
  }
}

async function readAsOwn(names: readonly EngineName[]): Promise<void> {
  const folder = temporaryFolder('interop');
  const roots = [join(folder.path, 'lake'), join(folder.path, 'moved')];
  let lake = openInteropLake(roots[0] ?? '', join(folder.path, 'scratch'), Date.now());
  const engines = new Map(names.map((name) => [name, startEngine(name, folder.path)]));
  try {
    const packs = randomPacks(seededRandom(9), 80, 3);
    const older = packs
      .slice(0, 6)
      .flat()
      .filter(({ type, timestamp }) => type === 'track' && timestamp < START + 86_400_000);
    const date = new Date(older[0]?.timestamp ?? 0).toISOString().slice(0, 10);
    const rows = winnersOf(older.filter(({ timestamp }) => new Date(timestamp).toISOString().startsWith(date)));
    await makeOlderTable(lake, rows);
    await compare('a table from before a column was added', engines, lake, rows);

    for (const [at, pack] of packs.slice(6, 30).entries()) {
      const withOther = pack.map((row) => ({ ...row, other: at % 2 === 0 ? '{"n":1}' : null }));
      await append(lake, [withOther]);
      rows.push(...withOther);
      if (at === 0) {
        await compactAll(lake);
        await compare('after the column was added', engines, lake, winnersOf(rows));
      }
      if (at % 5 === 0) await compactAll(lake);
    }
    await compactAll(lake);
    await compare('after appends and compaction, small files merged', engines, lake, winnersOf(rows));

    const before = winnersOf(rows);
    const late = before.slice(0, 7).map((row, pack_index) => ({
      ...row,
      user_key: 'user-3',
      received_at: row.received_at - 60_000,
      timestamp: row.timestamp - 86_400_000,
      pack_id: packId('fedcba987654321', 1),
      pack_index,
    }));
    await append(lake, [late]);
    await compare('a segment that is not compacted does not show', engines, lake, before);
    rows.push(...late);
    await compactAll(lake);
    await compare('copies replaced by winners that came later', engines, lake, winnersOf(rows));

    for (const pack of packs.slice(30)) {
      await append(lake, [pack]);
      rows.push(...pack);
      await compactAll(lake);
    }
    if ((await expireLater(lake)) === 0) throw new Error('Nothing expired');
    await compare('after fifty commits and expiry', engines, lake, winnersOf(rows));

    lake = moveLake(lake, roots[1] ?? '');
    const last = [event({ message_id: 'last', received_at: START, pack_id: packId('fedcba987654321', 2) })];
    await append(lake, [last]);
    rows.push(...last);
    await compactAll(lake);
    await compare('in another place', engines, lake, winnersOf(rows));

    const many = manyBytes();
    await append(lake, [many]);
    rows.push(...many);
    await compactAll(lake);
    await compare('a file put together of several slices', engines, lake, winnersOf(rows));
  } finally {
    for (const engine of engines.values()) engine.stop();
    folder.remove();
  }
}

/** Events of one day and type, of some 12 MB as they are compressed: more than compaction sorts at a time. */
function manyBytes(): EventRow[] {
  const random = seededRandom(10);
  const pack_id = packId('fedcba987654321', 3);
  return Array.from({ length: 3_000 }, (_, pack_index) => {
    const place = { message_id: `many-${pack_index}`, pack_id, pack_index, received_at: START };
    return event({
      ...place,
      user_key: `user-${random.below(500)}`,
      properties: JSON.stringify({ n: random.hex(8_000) }),
    });
  });
}

function add(outcome: { passed: number; failed: number }): void {
  passed += outcome.passed;
  failed += outcome.failed;
}

const asked = process.argv.slice(2);
install();
if (!['attach', 'notebook'].includes(asked[0] ?? ''))
  await readAsOwn(ENGINES.filter((name) => asked.length === 0 || asked.includes(name)));
if (asked.length === 0 || asked[0] === 'attach') {
  add(await checkAttach(ATTACHED.filter((name) => asked.length < 2 || asked.includes(name))));
}
if (asked.length === 0 || asked[0] === 'notebook') add(await checkNotebook());
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
