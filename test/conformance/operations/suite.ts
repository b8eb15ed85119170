/** Operations that callers name by their hash, out of the control database: the same on every platform. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { addOperations, operationsSql, removeOperation } from '../../../platform/app/operations.ts';
import type { Clock, Database } from '../../../platform/ports.ts';

export interface OperationsTarget {
  readonly control: Database;
  readonly clock: Clock;
  /** Puts a body to `/graphql`; `only`: where no other operations are answered. */
  ask(body: object, only: boolean): Promise<Response>;
  /** Lets so much time pass, where it can. @returns whether it did */
  wait(milliseconds: number): boolean;
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const byHash = (text: string, variables: object = {}): object => ({
  variables,
  extensions: { persistedQuery: { version: 1, sha256Hash: hashOf(text) } },
});
const mapOf = (...texts: string[]): ReadonlyMap<string, string> => new Map(texts.map((text) => [hashOf(text), text]));

const TIMELINE = `query ($id: ID!, $n: Int) { user(id: $id) { events(first: $n) { nodes { messageId } } } }`;
const QUOTED = `{ user(id: "it's") { id } }`;
const COSTLY = `{ ${Array.from({ length: 1_000 }, (_, at) => `u${at}: user(id: "a") { id }`).join(' ')} }`;
const REMOVED = '{ removed: __typename }';
const ADDED = '{ added: __typename }';

export function describeOperations(open: () => Promise<OperationsTarget>): void {
  async function send(target: OperationsTarget, body: object, only = false): Promise<unknown> {
    const answer: { data?: unknown; errors?: { extensions: { code: string } }[] } = JSON.parse(
      await (await target.ask(body, only)).text(),
    );
    return answer.errors === undefined ? answer.data : answer.errors.map(({ extensions }) => extensions.code);
  }

  it('an operation that was added is answered by its hash, with the variables of each time, also where no other is', async () => {
    const target = await open();
    await addOperations(target, mapOf(TIMELINE, COSTLY));
    await addOperations(target, mapOf(TIMELINE));
    for (const only of [false, true]) {
      expect(await send(target, byHash(TIMELINE, { id: 'nobody', n: 5 }), only)).toEqual({
        user: { events: { nodes: [] } },
      });
      expect(await send(target, byHash(TIMELINE, { id: 'nobody', n: 5_000 }), only)).toEqual(['page_too_large']);
      expect(await send(target, byHash(COSTLY), only)).toEqual(['query_too_costly']);
    }
  });

  it('one that was added as SQL text, quotes and all, is the same', async () => {
    const target = await open();
    for (const sql of operationsSql(target.clock, mapOf(QUOTED))) await target.control.prepare(sql).run();
    expect(await send(target, byHash(QUOTED))).toEqual({ user: { id: "it's" } });
  });

  it('one that nobody knows, or no hash, is refused; others are answered unless only known ones are', async () => {
    const target = await open();
    expect(await send(target, byHash('{ unknown: __typename }'))).toEqual(['operation_unknown']);
    expect(await send(target, { extensions: { persistedQuery: { version: 1, sha256Hash: '../etc' } } })).toEqual([
      'operation_unknown',
    ]);
    expect(await send(target, { variables: {} }, true)).toEqual(['operation_missing']);
    expect(await send(target, { query: '{ __typename }' })).toEqual({ __typename: 'Query' });
    expect(await send(target, { query: '{ __typename }' }, true)).toEqual(['operations_only']);
    expect(await send(target, { query: TIMELINE, ...byHash(TIMELINE, { id: 'a' }) }, true)).toEqual([
      'operations_only',
    ]);
  });

  it('one that is added later is answered within five seconds, one that was removed is refused after a minute', async () => {
    const target = await open();
    await addOperations(target, mapOf(REMOVED));
    expect(await send(target, byHash(REMOVED))).toEqual({ removed: 'Query' });
    expect(await send(target, byHash(ADDED))).toEqual(['operation_unknown']);
    expect(await removeOperation(target.control, hashOf(REMOVED).toUpperCase())).toBe(true);
    expect(await removeOperation(target.control, hashOf(REMOVED))).toBe(false);
    await addOperations(target, mapOf(ADDED));
    if (!target.wait(60_000)) return;
    expect(await send(target, byHash(REMOVED))).toEqual(['operation_unknown']);
    expect(await send(target, byHash(ADDED))).toEqual({ added: 'Query' });
  });
}
