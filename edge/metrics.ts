/** What the edge counts, in the text form that Prometheus reads. Labels hold codes of ours, never text of an event. */
import { ERRORS, type ErrorCode } from '../schemas/errors.ts';
import type { EventType } from '../schemas/event.ts';

export interface EdgeMetrics {
  /** @param call what the path names: track, batch, settings …; `unknown` for any other path */
  countRequest(call: string, status: number): void;
  /** @param code null for an event that is ok */
  countEvent(type: EventType | null, code: ErrorCode | null): void;
  /** A rejected event that was counted only, its source having used up what is kept of a day. */
  countUnstored(code: ErrorCode): void;
  countBytes(wire: number, inflated: number): void;
  /** Prometheus text exposition format, version 0.0.4. */
  render(): string;
}

export function createEdgeMetrics(): EdgeMetrics {
  const requests = new Counter<string, number>();
  const events = new Counter<EventType | 'unknown', ErrorCode | 'ok'>();
  const unstored = new Counter<ErrorCode, ''>();
  const bytes = { wire: 0, inflated: 0 };

  return {
    countRequest: (call, status) => requests.add(call, status),
    countEvent: (type, code) => events.add(type ?? 'unknown', code ?? 'ok'),
    countUnstored: (code) => unstored.add(code, ''),
    countBytes(wire, inflated) {
      bytes.wire += wire;
      bytes.inflated += inflated;
    },
    render: () =>
      [
        '# HELP inlet_edge_requests_total Requests answered.',
        '# TYPE inlet_edge_requests_total counter',
        ...requests.lines((call, status) => `inlet_edge_requests_total{call="${call}",status="${status}"}`),
        '# HELP inlet_edge_events_total Events answered for, by verdict.',
        '# TYPE inlet_edge_events_total counter',
        ...events.lines(
          (type, code) => `inlet_edge_events_total{type="${type}",verdict="${verdictOf(code)}",code="${code}"}`,
        ),
        '# HELP inlet_edge_failed_events_unstored_total Rejected events that were counted but not kept.',
        '# TYPE inlet_edge_failed_events_unstored_total counter',
        ...unstored.lines((code) => `inlet_edge_failed_events_unstored_total{code="${code}"}`),
        '# HELP inlet_edge_body_bytes_total Bytes of the bodies that came.',
        '# TYPE inlet_edge_body_bytes_total counter',
        `inlet_edge_body_bytes_total{form="wire"} ${bytes.wire}`,
        `inlet_edge_body_bytes_total{form="inflated"} ${bytes.inflated}`,
        '',
      ].join('\n'),
  };
}

function verdictOf(code: ErrorCode | 'ok'): 'ok' | 'warning' | 'rejected' {
  if (code === 'ok') return 'ok';
  return ERRORS[code].scope === 'warning' ? 'warning' : 'rejected';
}

/** Counts under two labels: a map of maps, as joining them to one key costs more than the count. */
class Counter<First, Second> {
  readonly #counts = new Map<First, Map<Second, number>>();

  add(first: First, second: Second): void {
    let row = this.#counts.get(first);
    if (row === undefined) {
      row = new Map();
      this.#counts.set(first, row);
    }
    row.set(second, (row.get(second) ?? 0) + 1);
  }

  lines(name: (first: First, second: Second) => string): string[] {
    return [...this.#counts].flatMap(([first, row]) =>
      [...row].map(([second, count]) => `${name(first, second)} ${count}`),
    );
  }
}
