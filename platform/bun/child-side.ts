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
 * @param name how its metrics begin
 * @param metrics sent every second, as they are then
 * @param receive told of what the server sends but the order to stop
 */
export function beChild(name: string, metrics: object, receive: (message: unknown) => void = () => {}): ChildSide {
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
  setInterval(() => tell({ kind: 'metrics', samples: samplesOf(name, metrics) }), METRICS_MS);
  tell({ kind: 'ready' });
  return {
    tell,
    problem: (text) => tell({ kind: 'problem', text }),
    stopping: stopping.signal,
    end: () => process.exit(0),
  };
}

/** Counters end in `_total`, as Prometheus has it; what ends in a unit is a gauge. */
function samplesOf(name: string, metrics: object): Record<string, number> {
  return Object.fromEntries(
    Object.entries(metrics).map(([metric, value]) => [
      `inlet_${name}_${metric}${metric.endsWith('_bytes') ? '' : '_total'}`,
      Number(value),
    ]),
  );
}
