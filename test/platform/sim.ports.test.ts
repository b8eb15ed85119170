import { sqliteDatabase } from '../../platform/bun/sqlite-database.ts';
import { virtualClock } from '../../platform/sim/clock.ts';
import { memoryCache } from '../../platform/sim/key-value.ts';
import { memoryStore } from '../../platform/sim/object-store.ts';
import { memoryQueue } from '../../platform/sim/queue.ts';
import { describeDatabase } from '../conformance/ports/database.ts';
import { describeKeyValue } from '../conformance/ports/key-value.ts';
import { describeObjectStore } from '../conformance/ports/object-store.ts';
import { describeQueue } from '../conformance/ports/queue.ts';

const clock = virtualClock(Date.UTC(2026, 6, 1));

describeObjectStore('sim', async () => ({ port: memoryStore(clock) }));
describeDatabase('sim', async () => ({ port: sqliteDatabase(':memory:') }));
describeKeyValue('sim', async () => ({ port: memoryCache(clock) }));
describeQueue('sim', async () => {
  const queue = memoryQueue(clock);
  return {
    port: {
      queue,
      async receive(consume) {
        await queue.deliver(consume);
      },
    },
  };
});
