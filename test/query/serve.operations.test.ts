import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readOperations } from '../../platform/bun/operations-file.ts';
import { ConfigError, parseConfig } from '../../schemas/config.ts';
import { SCOPES } from '../../schemas/scopes.ts';
import { temporaryFolder } from '../support/inlet.ts';
import { openService, type Service, URL_GRAPHQL } from './serve.support.ts';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const TIMELINE =
  'query ($id: ID!, $n: Int) { user(id: $id) { events(first: $n) { nodes { properties traits context } } } }';
const COSTLY = `{ ${Array.from({ length: 1_000 }, (_, at) => `u${at}: user(id: "a") { id }`).join(' ')} }`;
const OPERATIONS = new Map([TIMELINE, COSTLY].map((text) => [hashOf(text), text]));
const FILE = { INLET_GRAPHQL_OPERATIONS: 'operations.json' };

async function send(service: Service, body: object): Promise<unknown> {
  const response = await service.fetch(URL_GRAPHQL, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const { errors, data }: { errors?: { extensions: { code: string } }[]; data?: unknown } = JSON.parse(
    await response.text(),
  );
  return errors === undefined ? data : errors.map(({ extensions }) => extensions.code);
}

const byHash = (text: string, variables: object = {}) => ({
  variables,
  extensions: { persistedQuery: { version: 1, sha256Hash: hashOf(text) } },
});

describe('known operations', async () => {
  const service = await openService({}, FILE, SCOPES, { operations: OPERATIONS });
  const only = await openService({}, { ...FILE, INLET_GRAPHQL_OPERATIONS_ONLY: 'on' }, SCOPES, {
    operations: OPERATIONS,
  });

  test('are answered by their hash, with variables', async () => {
    for (const asked of [service, only]) {
      expect(await send(asked, byHash(TIMELINE, { id: 'ann', n: 5 }))).toEqual({ user: { events: { nodes: [] } } });
    }
  });

  test('cost what they cost: each time with its own variables', async () => {
    expect(await send(only, byHash(COSTLY))).toEqual(['query_too_costly']);
    expect(await send(only, byHash(TIMELINE, { id: 'ann', n: 5_000 }))).toEqual(['page_too_large']);
  });

  test('that nobody knows, or without a hash, are refused', async () => {
    expect(await send(service, byHash('{ __typename }'))).toEqual(['operation_unknown']);
    expect(await send(service, { variables: {} })).toEqual(['operation_missing']);
  });

  test('others are answered unless only those are', async () => {
    expect(await send(service, { query: '{ __typename }' })).toEqual({ __typename: 'Query' });
    expect(await send(only, { query: '{ __typename }' })).toEqual(['operations_only']);
    expect(await send(only, { query: TIMELINE, ...byHash(TIMELINE, { id: 'ann' }) })).toEqual(['operations_only']);
    const get = await only.fetch(`${URL_GRAPHQL}?query={__typename}`);
    expect(await get.text()).toContain('operations_only');
  });
});

describe('the file of operations', () => {
  const folder = temporaryFolder('operations');
  afterAll(() => folder.remove());
  const write = (text: string): string => {
    const path = join(folder.path, 'operations.json');
    writeFileSync(path, text);
    return path;
  };

  test('gives them by hash', () => {
    expect(readOperations(write(JSON.stringify({ [hashOf(TIMELINE).toUpperCase()]: TIMELINE })))).toEqual(
      new Map([[hashOf(TIMELINE), TIMELINE]]),
    );
  });

  test.each([
    ['[]', 'one JSON object'],
    ['{', 'JSON'],
    ['{"a":1}', '"a" must be the text'],
    ['{"a":"{ x }"}', '"a" is not the SHA-256'],
  ])('%s stops the start, with what is wrong', (text, reason) => {
    expect(() => readOperations(write(text))).toThrow(reason);
  });

  test('is needed where nothing else is answered', () => {
    expect(() => parseConfig({ INLET_GRAPHQL_OPERATIONS_ONLY: 'on' })).toThrow(ConfigError);
  });
});
