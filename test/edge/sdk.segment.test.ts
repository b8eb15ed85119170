import { Analytics } from '@segment/analytics-node';
import { describe, expect, it } from 'vitest';
import { openEdge, PUBLIC_KEY } from './support.ts';

describe('@segment/analytics-node, unchanged', () => {
  it('every kind of call arrives as sent, and no delivery error is reported', async () => {
    const edge = await openEdge();
    const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: edge.fetch });
    const analytics = new Analytics({ writeKey: PUBLIC_KEY, host: `http://127.0.0.1:${server.port}`, maxRetries: 0 });
    const errors: unknown[] = [];
    analytics.on('error', (error) => errors.push(error));
    analytics.identify({ userId: 'ada', traits: { plan: 'pro' } });
    analytics.track({ userId: 'ada', event: 'Order Completed', properties: { revenue: 12.5 } });
    analytics.page({ anonymousId: 'b0', name: 'Home' });
    analytics.screen({ anonymousId: 'b0', name: 'Start' });
    analytics.group({ userId: 'ada', groupId: 'acme', traits: { seats: 3 } });
    analytics.alias({ userId: 'ada', previousId: 'b0' });
    await analytics.closeAndFlush();
    await server.stop(true);

    expect(errors).toEqual([]);
    const rows = await edge.rows();
    expect(rows.map(({ type, user_key }) => [type, user_key])).toEqual([
      ['identify', 'ada'],
      ['track', 'ada'],
      ['page', 'b0'],
      ['screen', 'b0'],
      ['group', 'ada'],
      ['alias', 'ada'],
    ]);
    expect(rows.map(({ source }) => source)).toEqual(Array(6).fill('shop'));
    for (const row of rows) expect(row.library).toMatch(/^@segment\/analytics-node\/3/);
    for (const row of rows) expect(row.message_id).toMatch(/^node-next-/);
  });
});
