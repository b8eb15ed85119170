import { expect, test } from 'vitest';
import type { Database } from '../../platform/ports.ts';
import { writeRows } from '../../query/index/write.ts';
import { timedIndex, timedStore } from '../../query/serve/timeout.ts';
import { openService } from './serve.support.ts';
import { makeRow, openIndex, watched } from './support.ts';

const SECONDS = { INLET_GRAPHQL_SECONDS_MAX: '1' };
const QUERY = `query ($n: Int) { ${Array.from({ length: 20 }, (_, at) => `u${at}: user(id: "ann") { events(first: $n) { nodes { id } } }`).join(' ')} }`;

test('an operation whose time is over ends with a code, and reads no more', async () => {
  const clock = { time: 0 };
  const index = openIndex();
  await writeRows(index, [makeRow()]);
  const { database, counter } = watched(index, () => {
    clock.time += 300;
  });
  const faults: unknown[] = [];
  const service = await openService({ index: database, report: (fault) => faults.push(fault) }, SECONDS);
  clock.time = service.clock.time;
  Object.defineProperty(service.clock, 'time', { get: () => clock.time });
  counter.reads = 0;
  const answer = await service.ask(QUERY, { n: 1 });
  expect(new Set(answer.codes)).toEqual(new Set(['query_timeout']));
  expect(counter.reads).toBeLessThanOrEqual(4);
  const before = counter.reads;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(counter.reads).toBe(before);
  expect(faults).toEqual([]);
});

test('a reading that hangs does not hold the answer', async () => {
  const index = openIndex();
  const hanging: Database = {
    ...index,
    prepare: () => ({
      bind: () => hanging.prepare(''),
      all: () => new Promise(() => {}),
      run: () => new Promise(() => {}),
    }),
  };
  const service = await openService({ index: hanging }, SECONDS);
  expect(await service.ask('{ user(id: "ann") { events { asOf } } }')).toMatchObject({
    status: 504,
    codes: ['query_timeout'],
  });
});

test('outside of an operation nothing is timed, and statements made in it are those of the database', async () => {
  const index = openIndex();
  const timed = timedIndex(index);
  await timed.batch([timed.prepare('update index_state set sequence = ?').bind(7)]);
  expect((await timed.prepare('select sequence from index_state').all()).results).toEqual([{ sequence: 7 }]);
});

test('the lake is read through the same door', async () => {
  const asked: string[] = [];
  const note = (name: string) => async () => {
    asked.push(name);
    return null;
  };
  const store = timedStore({
    ...{ head: note('head'), get: note('get'), put: note('put') },
    delete: async () => {},
    list: async () => ({ objects: [], delimitedPrefixes: [], truncated: false }),
  });
  await Promise.all([store.head('a'), store.get('a'), store.put('a', 'b')]);
  expect(asked).toEqual(['head', 'get', 'put']);
});
