import { describe, expect, it } from 'vitest';
import { createEdgeMetrics } from '../../edge/metrics.ts';
import { openEdge, post, track } from './support.ts';

describe('edge metrics', () => {
  it('count requests by call and status, events by type and verdict, and bytes', async () => {
    const edge = await openEdge();
    const body = JSON.stringify({
      batch: [track(), track({ type: 'page', timestamp: 'x' }), track({ type: 'nonsense' }), 7],
    });
    await edge.post('/v1/batch', body);
    await edge.post('/v1/t', track({ event: '' }));
    await edge.fetch(post('/v1/track', track()));
    await edge.fetch(post('/secret/path', ''));
    const lines = edge.metrics.render().split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'inlet_edge_requests_total{call="batch",status="200"} 1',
        'inlet_edge_requests_total{call="track",status="400"} 1',
        'inlet_edge_requests_total{call="track",status="401"} 1',
        'inlet_edge_requests_total{call="unknown",status="404"} 1',
        'inlet_edge_events_total{type="track",verdict="ok",code="ok"} 1',
        'inlet_edge_events_total{type="page",verdict="warning",code="timestamp_unreadable"} 1',
        'inlet_edge_events_total{type="unknown",verdict="rejected",code="type_unknown"} 1',
        'inlet_edge_events_total{type="unknown",verdict="rejected",code="event_not_object"} 1',
        'inlet_edge_events_total{type="track",verdict="rejected",code="event_name_missing"} 1',
      ]),
    );
    expect(edge.metrics.render()).not.toMatch(/nonsense|secret/);
  });

  it('events that were not stored are not counted as accepted', async () => {
    const edge = await openEdge();
    edge.ports.queue.failSends('refused');
    expect((await edge.post('/v1/track', track())).status).toBe(429);
    expect(edge.metrics.render()).not.toContain('inlet_edge_events_total{');
  });

  it('every line is one that Prometheus reads', async () => {
    const metrics = createEdgeMetrics();
    metrics.countRequest('track', 200);
    metrics.countEvent(null, 'event_not_object');
    metrics.countUnstored('event_not_object');
    metrics.countBytes(10, 20);
    for (const line of metrics.render().trimEnd().split('\n')) {
      expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+\{([a-z]+="[\w]+",?)+\} \d+)$/);
    }
    expect(metrics.render()).toMatch(/form="inflated"\} 20\n$/);
  });
});
