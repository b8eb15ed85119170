import { appendFile, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeFrames } from '../../platform/bun/queue/frame.ts';
import { bytesOf, countTo, drainTexts, leaseTexts, makeTemporaryFolder, openQueue, sendAll } from './support.ts';

const FIRST = '0000000001.packs';

/** A folder with one journal that holds these messages, none acknowledged. */
async function folderWith(texts: readonly string[]): Promise<string> {
  const folder = await makeTemporaryFolder();
  const { queue } = await openQueue(folder);
  await sendAll(queue, texts);
  await queue.close();
  return folder;
}

async function flipByteOf(path: string, text: string): Promise<void> {
  const bytes = await readFile(path);
  const at = bytes.indexOf(text);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

describe('opening a folder again', () => {
  it('delivers what was not acknowledged, and only that, with attempts from 1', async () => {
    const folder = await makeTemporaryFolder();
    const { queue } = await openQueue(folder, { journal_bytes_max: 200 });
    await sendAll(queue, countTo(30));
    const messages = await queue.lease(20, 1_000_000);
    await queue.ack(messages.filter((_, index) => index % 3 !== 0).map(({ id }) => id));
    await queue.close();

    const { queue: again, problems } = await openQueue(folder);
    const left = countTo(30).filter((_, index) => index >= 20 || index % 3 === 0);
    expect((await again.metrics()).backlogCount).toBe(left.length);
    expect((await again.metrics()).backlogBytes).toBe(left.join('').length);
    const [first] = await again.lease(1, 1_000);
    expect(first?.attempts).toBe(1);
    again.releaseAll();
    expect(await drainTexts(again)).toEqual(left);
    expect((await again.metrics()).backlogCount).toBe(0);
    expect(problems).toEqual([]);
  });

  it('a torn tail is passed over and reported, and what is sent later is kept', async () => {
    const folder = await folderWith(['one', 'two']);
    const whole = await readFile(join(folder, FIRST));
    const next = encodeFrames([{ body: bytesOf('torn'), arrival: 1 }], whole.length);
    for (let length = 1; length < next.length; length += 1) {
      await writeFile(join(folder, FIRST), Buffer.concat([whole, next.subarray(0, length)]));
      const { queue, problems } = await openQueue(folder);
      expect(await leaseTexts(queue)).toEqual(['one', 'two']);
      expect(problems.map(({ code }) => code)).toEqual(['torn']);
      expect(queue.stats().corrupt).toBe(0);
      await queue.close();
    }
    const { queue } = await openQueue(folder);
    await sendAll(queue, ['three']);
    await queue.close();
    expect(await drainTexts((await openQueue(folder)).queue)).toEqual(['one', 'two', 'three']);
  });

  it('a tail of zeros, as a power cut may leave, is passed over', async () => {
    const folder = await folderWith(['one']);
    await appendFile(join(folder, FIRST), Buffer.alloc(300_000));
    expect(await drainTexts((await openQueue(folder)).queue)).toEqual(['one']);
  });

  it('a damaged message in the middle costs that message only, is reported, and its journal is kept', async () => {
    const folder = await folderWith(countTo(6));
    await flipByteOf(join(folder, FIRST), 'message 2');
    const { queue, problems } = await openQueue(folder);
    expect(problems.map(({ code }) => code)).toEqual(['corrupt']);
    expect(queue.stats().corrupt).toBe(1);
    expect((await queue.metrics()).backlogCount).toBe(5);
    expect(await drainTexts(queue)).toEqual(['message 0', 'message 1', 'message 3', 'message 4', 'message 5']);
    await queue.close();
    expect(await readdir(folder)).toContain(`${FIRST}.corrupt`);
    expect((await openQueue(folder)).problems).toEqual([]);
  });

  it('a damaged length does not hide the messages after it', async () => {
    const folder = await folderWith(countTo(6));
    const path = join(folder, FIRST);
    const bytes = await readFile(path);
    bytes.writeUInt32LE(100_000, bytes.indexOf('message 0') - 16);
    bytes.writeUInt32LE(3, bytes.indexOf('message 3') - 16);
    await writeFile(path, bytes);
    const { queue } = await openQueue(folder);
    expect(queue.stats().corrupt).toBe(2);
    expect(await drainTexts(queue)).toEqual(['message 1', 'message 2', 'message 4', 'message 5']);
  });

  it('bytes in a body that look like a message never pass for one', async () => {
    const folder = await makeTemporaryFolder();
    const forged = encodeFrames([{ body: bytesOf('forged'), arrival: 1 }], 0);
    const { queue } = await openQueue(folder);
    await queue.send(Buffer.concat([bytesOf('carrier'), forged]), { contentType: 'bytes' });
    await sendAll(queue, ['after']);
    await queue.close();
    await flipByteOf(join(folder, FIRST), 'carrier');
    expect(await drainTexts((await openQueue(folder)).queue)).toEqual(['after']);
  });

  it('lost acknowledgements bring the messages back', async () => {
    const folder = await makeTemporaryFolder();
    const { queue } = await openQueue(folder);
    await sendAll(queue, countTo(4));
    await queue.ack((await queue.lease(3, 1_000)).map(({ id }) => id));
    await queue.close();
    await truncate(join(folder, '0000000001.acks'), 20);
    expect(await drainTexts((await openQueue(folder)).queue)).toEqual(['message 2', 'message 3']);
  });

  it('zeros in a list of acknowledgements acknowledge nothing', async () => {
    const folder = await folderWith(['one', 'two']);
    await writeFile(join(folder, '0000000001.acks'), Buffer.alloc(64));
    expect(await drainTexts((await openQueue(folder)).queue)).toEqual(['one', 'two']);
  });

  it('acknowledgements without their journal do not count for a later one of that number', async () => {
    const folder = await makeTemporaryFolder();
    const first = await openQueue(folder);
    await sendAll(first.queue, ['old']);
    await drainTexts(first.queue);
    await first.queue.close();
    await rm(join(folder, FIRST));
    for (const text of ['new', 'newer']) {
      const { queue } = await openQueue(folder);
      await sendAll(queue, [text]);
      await queue.close();
    }
    expect(await drainTexts((await openQueue(folder)).queue)).toEqual(['new', 'newer']);
  });

  it('a journal of which all is acknowledged is deleted, at the latest when the folder is opened again', async () => {
    const folder = await makeTemporaryFolder();
    const { queue } = await openQueue(folder, { journal_bytes_max: 100 });
    await sendAll(queue, countTo(12));
    await drainTexts(queue);
    expect(queue.stats().journals).toBe(1);
    await queue.close();
    await (await openQueue(folder)).queue.close();
    expect((await readdir(folder)).sort()).toEqual(['dead-letters', 'lock']);
  });

  it('a journal damaged while it is open costs what was damaged, and the rest comes out', async () => {
    const folder = await makeTemporaryFolder();
    const { queue, problems } = await openQueue(folder);
    await sendAll(queue, countTo(6));
    const path = join(folder, FIRST);
    const bytes = await readFile(path);
    bytes.fill(0, bytes.indexOf('message 1') - 20, bytes.indexOf('message 2'));
    await writeFile(path, bytes);
    expect(await drainTexts(queue)).toEqual(['message 0', 'message 3', 'message 4', 'message 5']);
    await sendAll(queue, ['after']);
    expect(await drainTexts(queue)).toEqual(['after']);
    expect(problems.map(({ code }) => code)).toEqual(['corrupt']);
    expect(await queue.metrics()).toEqual({ backlogCount: 0, backlogBytes: 0 });
  });

  it('a body damaged while it is open is refused when it is read', async () => {
    const folder = await makeTemporaryFolder();
    const { queue } = await openQueue(folder);
    await sendAll(queue, ['precious']);
    await flipByteOf(join(folder, FIRST), 'precious');
    const [message] = await queue.lease(1, 1_000);
    expect(message).toBeDefined();
    if (message !== undefined) await expect(queue.read(message)).rejects.toThrow('is damaged');
  });
});
