import { beforeEach, expect, test } from 'vitest';
import type { AuditLine } from '../../query/access/audit.ts';
import { writeRows } from '../../query/index/write.ts';
import { SCOPES } from '../../schemas/scopes.ts';
import { openService, type Service, TOKEN } from './serve.support.ts';
import { makeRow, T0 } from './support.ts';

let lines: AuditLine[] = [];
let service: Service;

beforeEach(async () => {
  lines = [];
  service = await openService({ audit: (line) => lines.push(line) });
  await writeRows(service.index, [makeRow(), makeRow({ message_id: 'm2', timestamp: T0 + 1, pack_index: 1 })]);
});

test('a line says who read what of whom, and how much', async () => {
  await service.ask('query Orders { user(id: "ann") { profile { traits } events { nodes { id } } } }');
  expect(lines).toEqual([
    {
      at: new Date(T0).toISOString(),
      token: expect.stringMatching(/^[\da-f]{12}$/),
      name: 'test',
      operation: 'Orders',
      users: ['ann'],
      users_total: 1,
      fields: ['profile', 'events'],
      events: 2,
      personal_data: true,
      milliseconds: 0,
      codes: [],
    },
  ]);
  expect(JSON.stringify(lines)).not.toContain(TOKEN);
});

test('every way to an event leaves a line: aliases, several users, an event by its id, a node', async () => {
  const { data } = await service.ask('{ user(id: "ann") { events { nodes { id nodeId } } } }');
  const [event, node] = [/"id":"([^"]+)"/, /"nodeId":"([^"]+)"/].map((name) => name.exec(JSON.stringify(data))?.[1]);
  lines = [];
  await service.ask('{ a: user(id: "bob") { e: events { asOf } } users(ids: ["cy", "di"]) { profile { name } } }');
  await service.ask(`{ event(id: "${event}") { type } }`);
  await service.ask(`{ node(id: "${node}") { ... on Event { type user { events(first: 1) { asOf } } } } }`);
  await service.ask('{ failedEvents { asOf } }');
  expect(lines.map(({ users, fields, events }) => [[...users].sort(), [...fields].sort(), events])).toEqual([
    [['bob', 'cy', 'di'], ['events', 'profile'], 0],
    [['ann'], ['event'], 1],
    [['ann'], ['events', 'node'], 2],
    [[], ['failedEvents'], 0],
  ]);
});

test('what was refused on the way says why', async () => {
  await service.ask('{ user(id: "ann") { events(first: 5000) { asOf } } }');
  expect(lines).toMatchObject([{ users: ['ann'], events: 0, codes: ['page_too_large'] }]);
});

test('what reads of nobody leaves none', async () => {
  await service.ask('{ user(id: "ann") { id } reportList { name } status { asOf } }');
  await service.ask('{ nothing }');
  expect(lines).toEqual([]);
});

test('a line stays short, however much was asked for', async () => {
  const ids = Array.from({ length: 80 }, (_, number) => `${number}${'x'.repeat(600)}`);
  await service.ask(`query ${'N'.repeat(5_000)} ($ids: [ID!]!) { users(ids: $ids) { profile { name } } }`, { ids });
  expect(lines).toMatchObject([{ users_total: 80 }]);
  expect(JSON.stringify(lines).length).toBeLessThan(30_000);
});

test('a reader without personal_data is told apart', async () => {
  const other = await openService({ audit: (line) => lines.push(line), index: service.index }, {}, [
    ...SCOPES.filter((scope) => scope !== 'personal_data'),
  ]);
  await other.ask('{ user(id: "ann") { profile { name } } }');
  expect(lines).toMatchObject([{ personal_data: false }]);
});
