/** What a bar says in the end: each figure beside what it must be. */
import { whole } from '../../bench/support/numbers.ts';
import { print } from '../../bench/support/output.ts';
import type { Paced } from './pace.ts';

export interface Figure {
  readonly name: string;
  readonly value: string;
  /** What it must be; null for a figure that only informs. */
  readonly bar: string | null;
  readonly passed: boolean;
}

/** For what must hold. */
export function bar(name: string, value: string, wanted: string, passed: boolean): Figure {
  return { name, value, bar: wanted, passed };
}

export function information(name: string, value: string): Figure {
  return { name, value, bar: null, passed: true };
}

/** What every run at a pace says of its answers. */
export function ofPace({ requests, good, unsent, events_per_second, latency_ms }: Paced): Figure[] {
  return [
    information('events a second', whole(events_per_second)),
    information('answer p50, p99, ms', `${latency_ms.p50.toFixed(1)}, ${latency_ms.p99.toFixed(1)}`),
    bar('answers that are not 2xx', `${requests - good} of ${requests}`, 'none', good === requests),
    bar('requests that found no connection free', String(unsent), 'none', unsent === 0),
  ];
}

/** Prints all and sets the exit code: 1 where a bar is missed. */
export function conclude(name: string, figures: readonly Figure[], more: object): void {
  const passed = figures.every((figure) => figure.passed);
  print(
    [name, 'figure', 'bar', ''],
    figures.map((figure) => [figure.name, figure.value, figure.bar ?? '', verdictOf(figure)]),
    { bar: name, figures, ...more, passed },
  );
  if (!passed) process.exitCode = 1;
}

function verdictOf({ bar, passed }: Figure): string {
  if (bar === null) return '';
  return passed ? 'passed' : 'FAILED';
}
