/** Which events have arrived and are not durable yet: until then no answer is complete up to now. */
import type { Enqueue } from '../../edge/enqueue/enqueue.ts';

export interface InFlight {
  readonly enqueue: Enqueue;
  /** Arrival of the oldest request under way, epoch milliseconds; null without any. */
  oldest(): number | null;
}

export function trackInFlight(inner: Enqueue): InFlight {
  // A set keeps the order of arrival, so the first is the oldest.
  const requests = new Set<{ readonly receivedAt: number }>();
  return {
    enqueue: {
      async enqueue(parts) {
        const request = { receivedAt: parts[0]?.header.receivedAt ?? 0 };
        requests.add(request);
        try {
          await inner.enqueue(parts);
        } finally {
          requests.delete(request);
        }
      },
    },
    oldest: () => {
      for (const { receivedAt } of requests) return receivedAt;
      return null;
    },
  };
}
