/** The Prometheus lines of one machine: its queue, and what its other processes last said. */
import type { Child } from './child.ts';
import type { ConsumerLink } from './consumer-link.ts';
import type { EmbeddedQueue } from './queue/queue.ts';

export async function renderMetrics(
  queue: EmbeddedQueue,
  consumer: ConsumerLink | null,
  central: Child | null,
): Promise<string> {
  const { backlogCount, backlogBytes, oldestMessageTimestamp } = await queue.metrics();
  const gauges: Record<string, number> = {
    inlet_queue_backlog_messages: backlogCount,
    inlet_queue_backlog_bytes: backlogBytes,
    inlet_queue_oldest_message_seconds: (oldestMessageTimestamp?.getTime() ?? 0) / 1_000,
    inlet_queue_leased_messages: queue.stats().leased,
    inlet_queue_delayed_messages: queue.stats().delayed,
    inlet_queue_dead_messages: queue.stats().dead,
    inlet_queue_corrupt_places: queue.stats().corrupt,
    inlet_process_resident_bytes: process.memoryUsage.rss(),
    inlet_consumer_up: consumer?.running ? 1 : 0,
  };
  const counters: Record<string, number> = {
    inlet_queue_flushes_total: queue.stats().flushes,
    inlet_queue_messages_total: queue.stats().messages,
    inlet_queue_bytes_total: queue.stats().bytes,
    inlet_consumer_restarts_total: consumer?.restarts ?? 0,
    inlet_central_restarts_total: central?.restarts ?? 0,
  };
  // Counters end in `_total`, as Prometheus has it.
  const samples = Object.entries({ ...gauges, ...counters, ...consumer?.samples, ...central?.samples });
  return [
    ...samples.flatMap(([name, value]) => [
      `# TYPE ${name} ${name.endsWith('_total') ? 'counter' : 'gauge'}`,
      `${name} ${value}`,
    ]),
    '',
  ].join('\n');
}
