/** Subscriptions: what comes, what ends them, and what is kept meanwhile. */
import { describe, expect, test } from 'vitest';
import { Live, type LiveFilter, type LiveValue } from '../../query/live/live.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { FAILED_TYPE, RETRACTION_TYPE } from '../../schemas/event.ts';
import { SCOPES, type Scope } from '../../schemas/scopes.ts';
import { openService, URL_GRAPHQL } from './serve.support.ts';
import { makeRow } from './support.ts';

const ALL: LiveFilter = { source: null, users: null, types: null };

/** A log that a test writes to. */
function liveLog() {
  const followers = new Set<{ receive: (rows: readonly EventRow[]) => void; lost: () => void }>();
  return {
    followers,
    follow: (receive: (rows: readonly EventRow[]) => void, lost: () => void) => {
      const follower = { receive, lost };
      followers.add(follower);
      return () => followers.delete(follower);
    },
    write: (...rows: EventRow[]) => {
      for (const { receive } of [...followers]) receive(rows);
    },
  };
}

const row = (number: number, overrides: Partial<EventRow> = {}): EventRow =>
  makeRow({ message_id: `m${number}`, pack_index: number, ...overrides });

const idOf = (value: LiveValue | undefined): string =>
  value?.kind === 'event' ? value.event.messageId : String(value?.kind);

async function take(values: AsyncIterator<LiveValue, undefined>, count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    const { value, done } = await values.next();
    ids.push(done === true ? 'end' : idOf(value));
  }
  return ids;
}

describe('a subscriber', () => {
  test.each([
    ['all', ALL, ['m1', 'm2', 'm3']],
    ['of a source', { ...ALL, source: 'app' }, ['m2']],
    ['of a user', { ...ALL, users: ['bob'] }, ['m3']],
    ['of some types', { ...ALL, types: ['page', 'screen'] }, ['m1']],
  ])('%s: gets those events, without failed ones and retractions, and copies once', async (_, filter, expected) => {
    const log = liveLog();
    const values = new Live(log.follow).subscribe(filter, new AbortController().signal);
    log.write(row(1, { type: 'page' }), row(2, { source: 'app' }), row(9, { type: FAILED_TYPE, source: 'app' }));
    log.write(row(8, { type: RETRACTION_TYPE, source: 'app' }));
    log.write(row(1, { type: 'page' }), row(3, { user_key: 'bob' }));
    expect(await take(values, expected.length)).toEqual(expected);
    void values.return?.();
    expect(await take(values, 1)).toEqual(['end']);
  });

  test('who takes nothing is dropped after a thousand events, is told so, and holds nothing any more', async () => {
    const log = liveLog();
    const live = new Live(log.follow);
    const slow = live.subscribe(ALL, new AbortController().signal);
    const quick = live.subscribe({ ...ALL, users: ['bob'] }, new AbortController().signal);
    for (let number = 0; number < 1_000; number += 1) log.write(row(number));
    expect([live.open, log.followers.size]).toEqual([2, 2]);
    log.write(row(1_000));
    expect([live.open, log.followers.size]).toEqual([1, 1]);
    log.write(row(1_001, { user_key: 'bob' }));
    expect(await take(slow, 2)).toEqual(['dropped', 'end']);
    expect(await take(quick, 1)).toEqual(['m1001']);
  });

  test('who takes nothing is dropped after four million characters too', async () => {
    const log = liveLog();
    const values = new Live(log.follow).subscribe(ALL, new AbortController().signal);
    const properties = JSON.stringify({ text: 'x'.repeat(1_000_000) });
    for (let number = 0; number < 5; number += 1) log.write(row(number, { properties }));
    expect(await take(values, 2)).toEqual(['dropped', 'end']);
  });

  test('is told when the log cannot be followed any more', async () => {
    const log = liveLog();
    const live = new Live(log.follow);
    const waiting = live.subscribe(ALL, new AbortController().signal);
    const next = take(waiting, 2);
    for (const { lost } of [...log.followers]) lost();
    expect(await next).toEqual(['dropped', 'end']);
    expect([live.open, log.followers.size]).toEqual([0, 0]);
  });

  test('who takes nothing is dropped sooner where others wait as well: they share sixteen million characters', () => {
    const log = liveLog();
    const live = new Live(log.follow);
    const { signal } = new AbortController();
    const some = Array.from({ length: 8 }, (_, number) => live.subscribe({ ...ALL, users: [`u${number}`] }, signal));
    const properties = JSON.stringify({ text: 'x'.repeat(1_000_000) });
    const write = (user: number) =>
      log.write(row(user, { user_key: `u${user}`, message_id: `${live.open} ${Math.random()}`, properties }));
    for (let user = 0; user < 5; user += 1) for (let event = 0; event < 3; event += 1) write(user);
    expect(live.open).toBe(8);
    for (let event = 0; event < 2; event += 1) write(7);
    expect(live.open).toBe(7);
    // Whoever goes leaves room.
    void some[0]?.return?.();
    write(6);
    write(6);
    expect(live.open).toBe(6);
  });

  test.each([
    ['its iterator is ended', (values: AsyncIterator<LiveValue, undefined>) => void values.return?.()],
    ['the request is given up', (_: unknown, controller: AbortController) => controller.abort()],
  ])('leaves nothing when %s, also while it waits', async (_, leave) => {
    const log = liveLog();
    const live = new Live(log.follow);
    const controller = new AbortController();
    const values = live.subscribe(ALL, controller.signal);
    const next = take(values, 1);
    leave(values, controller);
    leave(values, controller);
    expect(await next).toEqual(['end']);
    expect([live.open, log.followers.size]).toEqual([0, 0]);
  });

  test('is refused where there are a hundred, until one goes', () => {
    const live = new Live(liveLog().follow);
    const { signal } = new AbortController();
    const all = Array.from({ length: 100 }, () => live.subscribe(ALL, signal));
    expect(() => live.subscribe(ALL, signal)).toThrow(expect.objectContaining({ code: 'live_full' }));
    void all[7]?.return?.();
    expect(() => live.subscribe(ALL, signal)).not.toThrow();
  });
});

describe('over GraphQL', () => {
  async function subscribe(query: string, variables: Record<string, unknown> = {}, scopes: readonly Scope[] = SCOPES) {
    const log = liveLog();
    const service = await openService({ follow: log.follow }, {}, scopes);
    const response = await service.fetch(URL_GRAPHQL, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query, variables }),
    });
    return { log, service, response };
  }

  /** The text of the stream up to what is looked for. */
  async function readUntil(response: Response, wanted: string): Promise<{ text: string; cancel: () => Promise<void> }> {
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes(wanted)) {
      const { value, done } = (await reader?.read()) ?? { done: true };
      if (done) break;
      text += value;
    }
    return { text, cancel: async () => reader?.cancel() };
  }

  test('events come as server-sent events, with the user of each', async () => {
    const { log, response, service } = await subscribe(
      'subscription ($user: ID) { events(user: $user, types: [track]) { messageId user { id profile { name } } } }',
      { user: 'bob' },
    );
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const stream = readUntil(response, 'm2');
    log.write(row(1), row(2, { user_key: 'bob' }));
    const { text, cancel } = await stream;
    expect(text).toContain(
      'event: next\ndata: {"data":{"events":{"messageId":"m2","user":{"id":"bob","profile":{"name":null}}}}}\n\n',
    );
    expect(text).not.toContain('m1');
    await cancel();
    expect(log.followers.size).toBe(0);
    expect((await service.ask('{ user(id: "ann") { id } }')).status).toBe(200);
  });

  test('where a hundred are open, one more is refused with a code, and an operator reads a line, not a stack', async () => {
    const log = liveLog();
    const reported: unknown[] = [];
    const service = await openService({ follow: log.follow, report: (fault) => reported.push(fault) });
    const open = () =>
      service.fetch(URL_GRAPHQL, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
        body: JSON.stringify({ query: 'subscription { events { id } }' }),
      });
    await Promise.all(Array.from({ length: 100 }, open));
    expect(await (await open()).text()).toContain('"code":"live_full"');
    expect(reported).toEqual([expect.stringMatching(/^Refused: live_full: [^\n]+$/)]);
  });

  test('personal data is masked where the token has not its scope, and nothing comes without that of timelines', async () => {
    const query = 'subscription { events { messageId properties } }';
    const { log, response } = await subscribe(query, {}, ['timeline']);
    const stream = readUntil(response, 'm1');
    log.write(row(1, { properties: '{"email":"ada@example.com","total":3}' }));
    const { text, cancel } = await stream;
    await cancel();
    expect(text).toContain('"total":3');
    expect(text).not.toContain('ada@example.com');
    const refused = await subscribe(query, {}, ['reports']);
    expect(await refused.response.text()).toContain('"code":"scope_missing"');
    expect(refused.log.followers.size).toBe(0);
  });

  test('a dropped subscriber reads why', async () => {
    const { log, response } = await subscribe('subscription { events { messageId } }');
    for (let number = 0; number < 1_100; number += 1) log.write(row(number));
    const { text } = await readUntil(response, 'event: complete');
    expect(text).toContain('"code":"live_dropped"');
    expect(text).toContain('event: complete');
  });

  test.each([
    [
      'a costly one',
      `subscription { events { user { ${Array.from({ length: 120 }, (_, i) => `e${i}: events(first: 1) { asOf }`).join(' ')} } } }`,
      'query_too_costly',
    ],
    [
      'a deep one',
      `subscription { events { ${'user { events { nodes { '.repeat(4)} id ${'} } } '.repeat(4)} } }`,
      'query_too_deep',
    ],
  ])('%s is refused', async (_, query, code) => {
    const { log, response } = await subscribe(query);
    expect(await response.text()).toContain(`"code":"${code}"`);
    expect(log.followers.size).toBe(0);
  });
});
