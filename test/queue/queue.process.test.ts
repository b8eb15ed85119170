import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { drainTexts, makeTemporaryFolder, openQueue } from './support.ts';

interface Sender {
  readonly process: ChildProcessByStdio<null, Readable, null>;
  /** What it printed so far. */
  readonly output: () => string;
}

/** Resolves when its first message is acknowledged. */
async function startSender(folder: string): Promise<Sender> {
  const script = join(import.meta.dirname, 'sender.ts');
  const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await once(child.stdout, 'data');
  return { process: child, output: () => output };
}

async function killSender({ process: child }: Sender): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'close');
}

describe('processes', () => {
  it.each([1, 2, 3])('every acknowledged message is there after kill -9 at a random moment (round %i)', async () => {
    const folder = await makeTemporaryFolder();
    const sender = await startSender(folder);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
    await killSender(sender);
    // The last line may be cut.
    const acknowledged = sender.output().split('\n').slice(0, -1);
    const { queue } = await openQueue(folder);
    const found = new Set((await drainTexts(queue)).map((text) => text.split(' ')[0]));
    expect(acknowledged.length).toBeGreaterThan(0);
    expect(acknowledged.filter((number) => !found.has(number))).toEqual([]);
  });

  it('a folder opens in one process only, until that process is gone, however it went', async () => {
    const folder = await makeTemporaryFolder();
    const sender = await startSender(folder);
    await expect(openQueue(folder)).rejects.toThrow(`in use by process ${sender.process.pid}. Stop that process`);
    await killSender(sender);
    const { queue } = await openQueue(folder);
    await expect(openQueue(folder)).rejects.toThrow(`in use by process ${process.pid}`);
    await queue.close();
    await openQueue(folder);
  });

  it('a folder that could not be opened is not left locked', async () => {
    const folder = await makeTemporaryFolder();
    const { queue } = await openQueue(join(folder, 'dead-letters'));
    await expect(openQueue(folder)).rejects.toThrow('in use');
    await queue.close();
    await openQueue(folder);
  });
});
