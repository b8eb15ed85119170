/** `bun test/bench/timeline/run.ts`: how long a user's timeline takes over GraphQL, against a bare lookup by key. */
import { join } from 'node:path';
import { Command } from 'commander';
import { parseLine, run, startServer, textOf } from '../../../cli/demo/child.ts';
import { startInlet } from '../../support/inlet.ts';
import { LOAD_CORE, onCore, PINNED, SERVER_CORE } from '../support/cores.ts';
import { median, spreadOf, spreadText, whole } from '../support/numbers.ts';
import { positive, print, say } from '../support/output.ts';
import { inScratch } from '../support/scratch.ts';
import { type Asked, CONNECTIONS } from './ask.ts';
import { bareDatabaseOf, CASES, type Case, dataDirOf, hotIndexOf } from './files.ts';

/** For users as they come; the busiest ones are reported beside them. */
const P99_MS_MAX: Partial<Record<Case, number>> = { any: 10, last: 5 };
const PATH = { PATH: process.env.PATH ?? '' };

interface Options {
  events: number;
  rounds: number;
  small?: true;
}

type Asker = 'inlet' | 'bare';
type Round = Record<Asker, Record<Case, Asked>>;

await new Command('timeline')
  .description('Measure timelines over GraphQL after a restart')
  .option('--events <count>', 'how many, of a tenth as many users', positive, 1_000_000)
  .option('--rounds <count>', 'to take the median of', positive, 3)
  .option('--small', 'only see that it runs: few events, one round, and a missed bar is no failure')
  .action(async (options: Options) => {
    const events = options.small ? 20_000 : options.events;
    const passed = await inScratch('timeline', async (folder) => {
      say(`Indexing ${whole(events)} events …`);
      const size = [events, events / 10, options.small ? 500 : 10_000].map(String);
      await run([process.execPath, join(import.meta.dirname, 'build.ts'), folder, ...size], PATH);
      const rounds: Round[] = [];
      for (let round = 0; round < (options.small ? 1 : options.rounds); round += 1) {
        rounds.push(await playRound(folder, round));
      }
      return report(events, rounds);
    });
    if (!passed && !options.small) process.exitCode = 1;
  })
  .parseAsync();

/** Whoever goes first goes last in the next round. */
async function playRound(folder: string, number: number): Promise<Round> {
  const inlet = number % 2 === 0 ? await play('inlet', folder) : null;
  const bare = await play('bare', folder);
  const round = { inlet: inlet ?? (await play('inlet', folder)), bare };
  for (const name of CASES) {
    say(`Round ${number + 1}, ${name}: ${Object.values(round).map((asked) => asked[name].p99_ms.toFixed(2))} ms`);
    if (round.inlet[name].checksum !== bare[name].checksum) throw new Error('The two gave different answers.');
  }
  return round;
}

/** All cases against a server that has just started. */
async function play(asker: Asker, folder: string): Promise<Record<Case, Asked>> {
  const prefix = onCore(SERVER_CORE);
  await readThrough(asker === 'inlet' ? hotIndexOf(folder) : bareDatabaseOf(folder));
  if (asker === 'inlet') {
    const inlet = await startInlet({ dataDir: dataDirOf(folder), env: { INLET_CENTRAL: 'off' }, prefix });
    try {
      return await askAll(inlet.url, inlet.readToken, folder);
    } finally {
      await inlet.stop();
    }
  }
  const script = join(import.meta.dirname, 'bare.ts');
  const server = await startServer([...prefix, process.execPath, script, bareDatabaseOf(folder)], PATH);
  try {
    return await askAll(textOf(server.ready, 'url'), 'none', folder);
  } finally {
    await server.stop();
  }
}

/** So that it is in memory, as that of a busy server is: some hosts take back what was not used for a while. */
async function readThrough(path: string): Promise<void> {
  await Bun.file(path).stream().pipeTo(new WritableStream());
}

async function askAll(url: string, token: string, folder: string): Promise<Record<Case, Asked>> {
  const askFor = async (name: Case): Promise<Asked> => {
    const script = join(import.meta.dirname, 'ask.ts');
    const line = await run([...onCore(LOAD_CORE), process.execPath, script, url, token, folder, name], PATH);
    const { p50_ms, p99_ms, users, events, checksum } = parseLine(line);
    const latencies = { p50_ms: Number(p50_ms), p99_ms: Number(p99_ms) };
    return { ...latencies, users: Number(users), events: Number(events), checksum: String(checksum) };
  };
  return { any: await askFor('any'), busiest: await askFor('busiest'), last: await askFor('last') };
}

function report(events: number, rounds: readonly Round[]): boolean {
  const of = (name: Case, asker: Asker, figure: 'p50_ms' | 'p99_ms') =>
    rounds.map((round) => round[asker][name][figure]);
  const cases = CASES.map((name) => {
    const [inlet, bare] = [of(name, 'inlet', 'p99_ms'), of(name, 'bare', 'p99_ms')];
    const asked = rounds[0]?.bare[name];
    return {
      case: name,
      users: asked?.users ?? 0,
      events_per_answer: (asked?.events ?? 0) / (asked?.users ?? 1),
      checksum: asked?.checksum,
      inlet: { p50_ms: median(of(name, 'inlet', 'p50_ms')), p99_ms: median(inlet) },
      bare: { p50_ms: median(of(name, 'bare', 'p50_ms')), p99_ms: median(bare) },
      p99_ratio: spreadOf(inlet.map((value, round) => value / (bare[round] ?? Number.NaN))),
      bar_p99_ms: P99_MS_MAX[name] ?? null,
      passed: median(inlet) < (P99_MS_MAX[name] ?? Number.POSITIVE_INFINITY),
    };
  });
  print(
    ['users', 'events/answer', 'Inlet p50 ms', 'p99 ms', 'bare p50 ms', 'p99 ms', 'p99 ratio', 'bar, p99 ms'],
    cases.map(({ users, events_per_answer, inlet, bare, p99_ratio, bar_p99_ms, passed, case: name }) => [
      `${whole(users)} ${name}`,
      events_per_answer.toFixed(1),
      ...[inlet.p50_ms, inlet.p99_ms, bare.p50_ms, bare.p99_ms].map((value) => value.toFixed(2)),
      spreadText(p99_ratio),
      bar_p99_ms === null ? '' : `< ${bar_p99_ms}, ${passed ? 'passed' : 'MISSED'}`,
    ]),
    { bench: 'timeline', events, rounds: rounds.length, pinned: PINNED, connections: CONNECTIONS, cases },
  );
  return cases.every(({ passed }) => passed);
}
