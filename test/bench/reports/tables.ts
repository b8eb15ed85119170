/** What was measured, against the bars. */
import { median, spreadOf, spreadText, whole } from '../support/numbers.ts';
import { ADDITIVE, type Cost, mediansOf, reachOf } from './cost.ts';
import type { Asked } from './speed.ts';
import type { State } from './state.ts';

/** Of what a day alone costs, for each day that has part in what one more day changes. */
const COST_MAX = 1.5;
/** Of the time that DuckDB takes. */
const TIME_MAX = 1.2;

interface Figures {
  readonly head: string[];
  readonly rows: string[][];
  readonly figures: object;
  readonly passed: boolean;
}

export function costTable({ size, alone, after, late }: State): Figures {
  const { lengths, events_per_day } = size;
  const costs = mediansOf(alone).map((single) => {
    const by = lengths.map((length) => {
      const cost = mediansOf(after[length] ?? []).find(({ name }) => name === single.name);
      const ratio = (cost?.ms ?? Number.NaN) / single.ms;
      const withLate = late[length]?.find(({ name }) => name === single.name);
      return { length, cost, ratio, bar: COST_MAX * reachOf(single.name, length), late: withLate };
    });
    return { name: single.name, alone: single, by, passed: by.every(({ ratio, bar }) => ratio <= bar) };
  });
  const text = (cost: Cost | undefined): string =>
    cost === undefined
      ? ''
      : `${whole(cost.ms)} ms, ${whole(cost.cpu_ms)} cpu, ${cost.days} d, ${cost.files} f, ${whole(cost.bytes / 1e3)} kB`;
  return {
    head: [
      `${whole(events_per_day)} events a day`,
      'alone',
      ...lengths.map((length) => `one more after ${length}: by alone, bar`),
      `with late events, after ${lengths.at(-1)}`,
    ],
    rows: costs.map(({ name, alone: single, by, passed }) => [
      `${name}${ADDITIVE.includes(name) ? ', additive' : ''}: ${passed ? 'passed' : 'MISSED'}`,
      text(single),
      ...by.map(({ cost, ratio, bar }) => `${text(cost)}: ${ratio.toFixed(2)} <= ${bar}`),
      text(by.at(-1)?.late),
    ]),
    figures: { costs },
    passed: costs.every(({ passed }) => passed),
  };
}

export function speedTable({ speed }: State): Figures {
  const times = Object.entries(speed).map(([name, rounds]) => {
    const of = (who: Asked, figure: 'seconds' | 'cpu_seconds'): number =>
      median(rounds.map((round) => round[who][figure]));
    const figuresOf = (who: Asked) => ({ seconds: of(who, 'seconds'), cpu_seconds: of(who, 'cpu_seconds') });
    const ratioTo = (who: Asked) => spreadOf(rounds.map((round) => round.inlet.seconds / round[who].seconds));
    const ratios = { plain: ratioTo('plain'), same: ratioTo('same') };
    const figures = { inlet: figuresOf('inlet'), plain: figuresOf('plain'), same: figuresOf('same') };
    return { name, ...figures, ratios, passed: ratios.plain.median <= TIME_MAX };
  });
  const text = ({ seconds, cpu_seconds }: { seconds: number; cpu_seconds: number }): string =>
    `${seconds.toFixed(1)} s, ${cpu_seconds.toFixed(1)} cpu`;
  return {
    head: [
      'from raw events',
      'Inlet',
      'plain SQL, one file',
      `ratio, at most ${TIME_MAX}`,
      "the report's SQL, one file",
      'ratio',
    ],
    rows: times.map(({ name, inlet, plain, same, ratios, passed }) => [
      name,
      text(inlet),
      text(plain),
      `${spreadText(ratios.plain)}, ${passed ? 'passed' : 'MISSED'}`,
      text(same),
      spreadText(ratios.same),
    ]),
    figures: { times },
    passed: times.every(({ passed }) => passed),
  };
}
