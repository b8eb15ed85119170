/** Promise 1: the flush comes before the answer. A kill -9 cannot show that, as the page cache survives it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/inlet.ts';
import { answersBeforeFlush, type Step, stepsOf } from './trace.ts';

const STRACE = Bun.which('strace');
const REASON = STRACE === null ? ' (skipped: strace is not installed; apt-get install strace)' : '';
const ROUNDS = 5;

const SHAPES = {
  'one event': { requests: 1, events: 1 },
  'a batch': { requests: 1, events: 50 },
  'a group of concurrent requests': { requests: 16, events: 3 },
} as const;

async function traced(
  mode: 'sync' | 'nosync',
  { requests, events }: { requests: number; events: number },
): Promise<Step[]> {
  const folder = temporaryFolder('fsync');
  const trace = join(folder.path, 'trace');
  const calls = 'trace=fsync,fdatasync,write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg';
  const server = Bun.spawn(
    [
      'strace',
      '-f',
      '-s',
      '64',
      '-o',
      trace,
      '-e',
      calls,
      process.execPath,
      join(import.meta.dirname, 'server.ts'),
      join(folder.path, 'queue'),
      mode,
    ],
    { stdout: 'pipe', stderr: 'inherit' },
  );
  const first = await server.stdout.getReader().read();
  const ready: unknown = JSON.parse(new TextDecoder().decode(first.value));
  try {
    const url = String(Reflect.get(Object(ready), 'url'));
    const authorization = `Basic ${btoa(`${Reflect.get(Object(ready), 'writeKey')}:`)}`;
    for (let round = 0; round < ROUNDS; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: requests }, (_, request) =>
          fetch(`${url}/v1/batch`, {
            method: 'POST',
            headers: { authorization },
            body: JSON.stringify({
              batch: Array.from({ length: events }, (__, event) => ({
                type: 'track',
                event: 'Traced',
                userId: 'ada',
                messageId: `${round}-${request}-${event}`,
              })),
            }),
          }),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    }
  } finally {
    // strace itself takes no signals while it writes to a file.
    process.kill(Number(Reflect.get(Object(ready), 'pid')), 'SIGTERM');
    await server.exited;
  }
  const steps = stepsOf(readFileSync(trace, 'utf8'));
  folder.remove();
  return steps;
}

describe.each(Object.entries(SHAPES))('durability of %s', (_, shape) => {
  it.skipIf(STRACE === null)(`every flush returns before its answer is written${REASON}`, async () => {
    const steps = await traced('sync', shape);
    expect(steps.filter(({ kind }) => kind === 'answer')).toHaveLength(ROUNDS * shape.requests);
    expect(answersBeforeFlush(steps)).toBe(0);
  });

  it.skipIf(STRACE === null)(`with the flush turned off the trace shows answers before it${REASON}`, async () => {
    expect(answersBeforeFlush(await traced('nosync', shape))).toBeGreaterThan(0);
  });
});
