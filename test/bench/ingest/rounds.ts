/** Paired rounds: a noisy machine slows both of a pair, so their ratio tells more than either figure. */
import { type Measurement, measure, type ServerName, type Window } from './measure.ts';

export interface Case {
  /** Events a request. */
  readonly events: number;
  /** The least share of the ceiling that Inlet must reach. */
  readonly threshold: number;
}

export interface Summary extends Case {
  readonly ceiling: Measurement;
  readonly inlet: Measurement;
  readonly whole: Measurement;
  /** Of the ceiling in the same round: median, least and most. */
  readonly inlet_ratio: Spread;
  readonly whole_ratio: Spread;
  readonly passed: boolean;
}

interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

type Round = Record<ServerName, Measurement>;

export async function runRounds(bench: Case, rounds: number, window: Window, say: (line: string) => void) {
  const done: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    const take = async (name: ServerName) => {
      const taken = await measure(name, bench.events, window);
      say(
        `${bench.events}-event requests, round ${round + 1}: ${name} ${Math.round(taken.requests_per_second)} requests/s`,
      );
      return taken;
    };
    // Whoever goes first, goes last in the next round.
    if (round % 2 === 0) {
      const [ceiling, inlet, whole] = [await take('ceiling'), await take('inlet'), await take('whole')];
      done.push({ ceiling, inlet, whole });
    } else {
      const [whole, inlet, ceiling] = [await take('whole'), await take('inlet'), await take('ceiling')];
      done.push({ ceiling, inlet, whole });
    }
  }
  return summarize(bench, done);
}

export function summarize(bench: Case, rounds: readonly Round[]): Summary {
  const inlet_ratio = ratios(rounds, 'inlet');
  return {
    ...bench,
    ceiling: middle(rounds, 'ceiling'),
    inlet: middle(rounds, 'inlet'),
    whole: middle(rounds, 'whole'),
    inlet_ratio,
    whole_ratio: ratios(rounds, 'whole'),
    passed: inlet_ratio.median >= bench.threshold,
  };
}

function ratios(rounds: readonly Round[], name: ServerName): Spread {
  const values = rounds.map((round) => round[name].requests_per_second / round.ceiling.requests_per_second);
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}

function middle(rounds: readonly Round[], name: ServerName): Measurement {
  const of = (figure: keyof Measurement) => median(rounds.map((round) => round[name][figure]));
  return {
    requests_per_second: of('requests_per_second'),
    p50_ms: of('p50_ms'),
    p99_ms: of('p99_ms'),
    load_cpu_share: of('load_cpu_share'),
  };
}

/** Of an even number of values, the lower one in the middle. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
}
