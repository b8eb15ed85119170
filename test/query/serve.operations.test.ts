import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readOperations } from '../../platform/bun/operations-file.ts';
import { SCOPES } from '../../schemas/scopes.ts';
import { describeOperations } from '../conformance/operations/suite.ts';
import { temporaryFolder } from '../support/inlet.ts';
import { openService, type Service, URL_GRAPHQL } from './serve.support.ts';
import { openControl, T0 } from './support.ts';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const TYPE = '{ __typename }';
const ONLY = { INLET_GRAPHQL_OPERATIONS_ONLY: 'on' };

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

const byHash = (text: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash: hashOf(text) } } });

describe('known operations', () => {
  describeOperations(async () => {
    const [control, clock] = [openControl(), { time: T0 }];
    const ports = { control, clock: { now: () => clock.time, sleep: async () => {} } };
    const services = { any: await openService(ports), only: await openService(ports, ONLY) };
    return {
      ...ports,
      ask: (body, only) =>
        (only ? services.only : services.any).fetch(URL_GRAPHQL, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      wait(milliseconds) {
        clock.time += milliseconds;
        return true;
      },
    };
  });

  test('over GET, others are refused where only those are answered', async () => {
    const only = await openService({}, ONLY);
    const get = await only.fetch(`${URL_GRAPHQL}?query={__typename}`);
    expect(await get.text()).toContain('operations_only');
  });

  test('of a file are answered as well, and asked of no database', async () => {
    const control = openControl();
    const service = await openService({ control }, {}, SCOPES, { operations: new Map([[hashOf(TYPE), TYPE]]) });
    await control.prepare('drop table operations').run();
    expect(await send(service, byHash(TYPE))).toEqual({ __typename: 'Query' });
  });

  test('that cannot be asked for are told so, and an operator hears of it', async () => {
    const control = openControl();
    const reported: unknown[] = [];
    const service = await openService({ control, report: (fault) => reported.push(fault) });
    await control.prepare('drop table operations').run();
    expect(await send(service, byHash(TYPE))).toEqual(['authority_away']);
    expect(reported).toHaveLength(1);
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
    expect(readOperations(write(JSON.stringify({ [hashOf(TYPE).toUpperCase()]: TYPE })))).toEqual(
      new Map([[hashOf(TYPE), TYPE]]),
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
});
