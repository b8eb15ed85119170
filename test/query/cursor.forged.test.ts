/** A cursor names the keys of a person: only one that Inlet made is taken. */
import { beforeEach, expect, test } from 'vitest';
import { finishRebuild, startRebuild, writeToSlot } from '../../query/index/rebuild.ts';
import { writeRows } from '../../query/index/write.ts';
import { decodeOpaque, encodeOpaque, type Fields } from '../../query/resolve/opaque.ts';
import { openService, type Service } from './serve.support.ts';
import { makeRow, openIndex, T0 } from './support.ts';

const EVENTS = `query ($user: ID!, $after: String) {
  user(id: $user) { events(first: 1, after: $after) { nodes { messageId } pageInfo { endCursor } } } }`;
const PRODUCTS = `query ($user: ID!, $after: String) {
  user(id: $user) { products(first: 1, after: $after) { nodes { id } pageInfo { endCursor } } } }`;

const viewed = { event: 'Product Viewed', properties: '{"product_id":"shoe"}' };
const rows = [
  makeRow({ ...viewed, message_id: 'a1', timestamp: T0 + 9 }),
  makeRow({ ...viewed, message_id: 'a2', timestamp: T0 + 1, pack_index: 1, properties: '{"product_id":"hat"}' }),
  makeRow({ ...viewed, message_id: 'b1', user_key: 'bob', pack_index: 2, properties: '{"product_id":"secret"}' }),
  makeRow({ type: 'identify', message_id: 'c1', user_key: 'cat', anonymous_id: 'phone', pack_index: 3 }),
  makeRow({ ...viewed, message_id: 'c2', user_key: 'phone', user_id: null, anonymous_id: 'phone', pack_index: 4 }),
];

let service: Service;
beforeEach(async () => {
  service = await openService();
  await writeRows(service.index, rows);
});

async function cursorOf(question: string, user: string, asked = service): Promise<string> {
  const { data } = await asked.ask(question, { user });
  return /"endCursor":"([^"]+)"/.exec(JSON.stringify(data))?.[1] ?? '';
}

const fieldsOf = (cursor: string): Fields => decodeOpaque(cursor, cursor.length) ?? [];

const changed = (cursor: string, at: number, value: string | number): string =>
  encodeOpaque(fieldsOf(cursor).with(at, value));

test('with the keys of somebody else it is refused, and nothing is shown', async () => {
  const [alone, joined] = [await cursorOf(EVENTS, 'ann'), await cursorOf(EVENTS, 'cat')];
  expect(fieldsOf(joined)).toContain('phone');
  const forged = {
    ann: [
      encodeOpaque([...fieldsOf(alone), 'bob']),
      // The place, the moment and the version.
      ...[1, 4, 5, 7].map((at) => changed(alone, at, 99)),
      // Without a signature, with a short one, and with that of another cursor.
      encodeOpaque(fieldsOf(alone).slice(1)),
      changed(alone, 0, ''),
      changed(alone, 0, String(fieldsOf(alone)[0]).slice(1)),
      changed(alone, 0, String(fieldsOf(joined)[0])),
    ],
    cat: [encodeOpaque([...fieldsOf(joined), 'bob']), changed(joined, fieldsOf(joined).indexOf('phone'), 'bob')],
  };
  for (const [user, cursors] of Object.entries(forged)) {
    for (const after of cursors) {
      const { codes, data } = await service.ask(EVENTS, { user, after });
      expect(codes).toEqual(['cursor_invalid']);
      expect(JSON.stringify(data)).not.toContain('messageId');
    }
  }
  expect((await service.ask(EVENTS, { user: 'bob', after: alone })).codes).toEqual(['cursor_invalid']);
});

test('nor is one of products that carries one', async () => {
  const cursor = await cursorOf(PRODUCTS, 'ann');
  const [place = '', start = ''] = cursor.split('.');
  const after = `${place}.${encodeOpaque([...fieldsOf(start), 'bob'])}`;
  expect((await service.ask(PRODUCTS, { user: 'ann', after })).codes).toEqual(['cursor_invalid']);
  expect(JSON.stringify(await service.ask(PRODUCTS, { user: 'ann', after: cursor }))).toContain('"id":"hat"');
});

test('one of failed events cannot ask for more days than a question may', async () => {
  const node = { receivedAt: T0, packId: 'p', packIndex: 0, source: 'web', code: 'too_late', body: null };
  const asked: number[] = [];
  const failed = await openService({
    async readFailedEvents({ from, to }) {
      asked.push(to - from);
      return { events: [{ ...node, bytes: null, sha256: null }], next: { ...node, packIndex: 1 } };
    },
  });
  const question = 'query ($after: String) { failedEvents(first: 1, after: $after) { pageInfo { endCursor } } }';
  const { data } = await failed.ask(question);
  const cursor = /"endCursor":"([^"]+)"/.exec(JSON.stringify(data))?.[1] ?? '';
  expect((await failed.ask(question, { after: cursor })).codes).toEqual([]);
  expect((await failed.ask(question, { after: changed(cursor, 3, 0) })).codes).toEqual(['cursor_invalid']);
  expect(new Set(asked).size).toBe(1);
});

test('of another Inlet it is refused', async () => {
  const other = await openService({ index: openIndex() });
  await writeRows(other.index, rows);
  const after = await cursorOf(EVENTS, 'ann', other);
  expect((await service.ask(EVENTS, { user: 'ann', after })).codes).toEqual(['cursor_invalid']);
  expect((await other.ask(EVENTS, { user: 'ann', after })).codes).toEqual([]);
});

test('it goes on in another process or Worker, and after a rebuild', async () => {
  const after = await cursorOf(EVENTS, 'cat');
  const restarted = await openService({ index: service.index });
  const goesOn = async (): Promise<void> => {
    expect(JSON.stringify(await restarted.ask(EVENTS, { user: 'cat', after }))).toMatch(/"messageId":"c[12]"/);
  };
  await goesOn();
  const rebuild = await startRebuild(service.index);
  await writeToSlot(service.index, rebuild, rows);
  await finishRebuild(service.index, rebuild);
  await goesOn();
});
