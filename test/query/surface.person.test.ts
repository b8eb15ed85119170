/** A person with several ids is one user, in every field. */
import { expect, test } from 'vitest';
import { writeRows } from '../../query/index/write.ts';
import { openService } from './serve.support.ts';
import { MINUTE_MS, makeRow, pack, T0 } from './support.ts';

test('profile, products and groups are those of the person, by any of the ids', async () => {
  const service = await openService();
  const properties = '{"product_id":"p1","name":"Shoe"}';
  await writeRows(service.index, [
    makeRow({ user_key: 'device-1', user_id: null, anonymous_id: 'device-1', event: 'Product Viewed', properties }),
    makeRow({
      ...{ user_key: 'ada', anonymous_id: 'device-1', type: 'identify', message_id: 'i1', pack_id: pack(2) },
      ...{ traits: '{"name":"Ada"}', timestamp: T0 + MINUTE_MS },
    }),
    makeRow({
      ...{ user_key: 'ada', event: 'Product Viewed', properties, message_id: 'm2', pack_id: pack(3) },
      timestamp: T0 + 2 * MINUTE_MS,
    }),
    makeRow({
      ...{ user_key: 'ada', type: 'group', group_id: 'acme', message_id: 'g1', pack_id: pack(4) },
      ...{ traits: '{"plan":"pro"}', timestamp: T0 + 3 * MINUTE_MS },
    }),
  ]);
  const { data, codes } = await service.ask(
    `{ users(ids: ["ada", "device-1"]) { profile { name firstSeen } products { nodes { id views } }
       groups { id traits lastSeen } } }`,
  );
  expect(codes).toEqual([]);
  const person = {
    profile: { name: 'Ada', firstSeen: new Date(T0).toISOString() },
    products: { nodes: [{ id: 'p1', views: 2 }] },
    groups: [{ id: 'acme', traits: { plan: 'pro' }, lastSeen: new Date(T0 + 3 * MINUTE_MS).toISOString() }],
  };
  expect(data).toEqual({ users: [person, person] });
});
