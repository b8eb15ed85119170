import { readdir, rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { QueueFullError } from '../../platform/bun/queue/errors.ts';
import {
  countTo,
  drainTexts,
  leaseTexts,
  makeTemporaryFolder,
  messageOf,
  openQueue,
  sendAll,
  syncingWith,
} from './support.ts';

const KILOBYTE = { body: new Uint8Array(1_000), contentType: 'bytes' as const };

describe('bounds', () => {
  it('a full queue refuses with QueueFullError, and takes messages again when some are acknowledged', async () => {
    const { queue } = await openQueue(await makeTemporaryFolder(), { queue_bytes_max: 10_300 });
    for (let count = 0; count < 10; count += 1) await queue.sendBatch([KILOBYTE]);
    await expect(queue.sendBatch([KILOBYTE])).rejects.toThrow(QueueFullError);
    await queue.ack((await queue.lease(3, 1_000_000)).map(({ id }) => id));
    await queue.sendBatch([KILOBYTE]);
    expect((await queue.metrics()).backlogCount).toBe(8);
  });

  it('a sealed journal counts whole until its last message is acknowledged', async () => {
    const { queue } = await openQueue(await makeTemporaryFolder(), {
      queue_bytes_max: 8_200,
      journal_bytes_max: 4_100,
    });
    for (let count = 0; count < 8; count += 1) await queue.sendBatch([KILOBYTE]);
    const [last, ...others] = (await queue.lease(4, 1_000_000)).reverse();
    await queue.ack(others.map(({ id }) => id));
    await expect(queue.sendBatch([KILOBYTE])).rejects.toThrow(QueueFullError);
    await queue.ack([last?.id ?? '']);
    await queue.sendBatch([KILOBYTE]);
  });

  it('bytes that wait for the disk are bounded', async () => {
    const synced = Promise.withResolvers<void>();
    const { queue } = await openQueue(await makeTemporaryFolder(), {
      waiting_bytes_max: 5_500,
      openJournal: syncingWith((sync) => synced.promise.then(sync)),
    });
    const sent = countTo(5).map(() => queue.sendBatch([KILOBYTE]));
    await expect(queue.sendBatch([KILOBYTE])).rejects.toThrow(QueueFullError);
    synced.resolve();
    await Promise.all(sent);
    await queue.sendBatch([KILOBYTE]);
  });

  it('a disk with too little left refuses with QueueFullError', async () => {
    const { queue } = await openQueue(await makeTemporaryFolder(), { disk_free_bytes_min: 2 ** 60 });
    await expect(queue.sendBatch([KILOBYTE])).rejects.toThrow(/QueueFullError|the disk has/);
    await expect(queue.sendBatch([KILOBYTE])).rejects.toBeInstanceOf(QueueFullError);
  });
});

describe('failures', () => {
  it('a failed sync rejects the whole group, leaves the journal for ever, and the next send is kept', async () => {
    const folder = await makeTemporaryFolder();
    let syncs = 0;
    const { queue, problems } = await openQueue(folder, {
      openJournal: syncingWith(async (sync) => {
        syncs += 1;
        if (syncs === 2) throw new Error('EIO: the disk is on fire');
        await sync();
      }),
    });
    await sendAll(queue, ['before']);
    const outcomes = await Promise.allSettled(countTo(5).map((text) => queue.sendBatch([messageOf(text)])));
    expect(outcomes.map(({ status }) => status)).toEqual(Array(5).fill('rejected'));
    expect(outcomes[0]).toMatchObject({ reason: { message: 'EIO: the disk is on fire' } });
    expect(syncs).toBe(2);
    await sendAll(queue, ['after']);
    expect(await queue.metrics()).toMatchObject({ backlogCount: 2 });
    expect((await readdir(folder)).filter((name) => name.endsWith('.packs'))).toHaveLength(2);
    expect(await leaseTexts(queue)).toEqual(['before', 'after']);
    expect(problems.map(({ code }) => code)).toEqual(['flush_failed']);
  });

  it('a write cut short rejects, and its torn bytes are passed over when the folder is opened again', async () => {
    const folder = await makeTemporaryFolder();
    const { openJournal } = await import('../../platform/bun/queue/files.ts');
    let writes = 0;
    const { queue } = await openQueue(folder, {
      openJournal: async (path) => {
        const file = await openJournal(path);
        return {
          ...file,
          write: async (bytes, offset) => {
            writes += 1;
            if (writes !== 2) return file.write(bytes, offset);
            await file.write(bytes.subarray(0, bytes.length - 3), offset);
            throw new Error('ENOSPC');
          },
        };
      },
    });
    await sendAll(queue, ['before']);
    await expect(sendAll(queue, ['cut short'])).rejects.toThrow('ENOSPC');
    await sendAll(queue, ['after']);
    await queue.close();
    const { queue: again, problems } = await openQueue(folder);
    expect(await drainTexts(again)).toEqual(['before', 'after']);
    expect(problems.map(({ code }) => code)).toEqual(['torn']);
  });

  it('failing again and again leaves no files behind', async () => {
    const folder = await makeTemporaryFolder();
    const { queue } = await openQueue(folder, { openJournal: syncingWith(() => Promise.reject(new Error('EIO'))) });
    for (let count = 0; count < 5; count += 1) await expect(sendAll(queue, ['lost'])).rejects.toThrow('EIO');
    expect(queue.stats().journals).toBe(0);
    await queue.close();
    expect((await readdir(folder)).sort()).toEqual(['dead-letters', 'lock']);
  });

  it('a folder that vanished rejects sends instead of taking them', async () => {
    const folder = await makeTemporaryFolder();
    const { queue } = await openQueue(folder);
    await rm(folder, { recursive: true });
    await expect(sendAll(queue, ['nowhere'])).rejects.toThrow('ENOENT');
    expect(await queue.metrics()).toEqual({ backlogCount: 0, backlogBytes: 0 });
  });
});
