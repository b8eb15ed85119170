/** A child's side of the line to its server: says that it is ready and how it fares, and ends when the server does. */
import { type FromChild, isMessage, type Settled, type ToChild } from './child-messages.ts';

const METRICS_MS = 1_000;

export interface ChildSide {
  tell(message: FromChild | Settled): void;
  /** Tells the operator. */
  problem(text: string): void;
  /** Aborted when the server says so. */
  readonly stopping: AbortSignal;
  /** Ends the process. */
  end(): never;
}

/**
 * @param samples sent every second, as they are then: names to values
 * @param receive told of what the server sends but the order to stop
 */
export function beChild(
  samples: () => Readonly<Record<string, number>>,
  receive: (message: unknown) => void = () => {},
): ChildSide {
  const stopping = new AbortController();
  const tell = (message: FromChild | Settled): void => {
    process.send?.(message);
  };
  process.on('message', (message: unknown) => {
    if (isMessage<ToChild>(message, ['stop'])) stopping.abort();
    else receive(message);
  });
  // The terminal sends Ctrl-C to all processes; the server says when to stop.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  process.on('disconnect', () => process.exit(0));
  setInterval(() => tell({ kind: 'metrics', samples: samples() }), METRICS_MS);
  tell({ kind: 'ready' });
  return {
    tell,
    problem: (text) => tell({ kind: 'problem', text }),
    stopping: stopping.signal,
    end: () => process.exit(0),
  };
}

/** As Prometheus has them. @param name how they begin */
export function countersOf(name: string, counters: object): Record<string, number> {
  return Object.fromEntries(
    Object.entries(counters).map(([counter, value]) => [`inlet_${name}_${counter}_total`, Number(value)]),
  );
}
