import { readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { decodePack, encodePack } from '../../edge/enqueue/pack.ts';
import { readBodies } from '../../platform/bun/queue/read.ts';
import { PACK_FORMAT, packId } from '../../schemas/pack.ts';
import { countTo, makeTemporaryFolder, openQueue, sendAll } from './support.ts';

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

it('a batch is read whole and in its order, across journals, gaps and turns', async () => {
  const { queue } = await openQueue(await makeTemporaryFolder(), { journal_bytes_max: 200 });
  await sendAll(queue, countTo(30));
  const messages = await queue.lease(30, 1_000_000);
  expect(new Set(messages.map(({ path }) => path)).size).toBeGreaterThan(2);
  expect((await readBodies(messages)).map(textOf)).toEqual(countTo(30));
  const some = messages.filter((_, index) => index % 5 < 3);
  expect((await readBodies(some)).map(textOf)).toEqual(countTo(30).filter((_, index) => index % 5 < 3));
  expect((await readBodies(messages.toReversed())).map(textOf)).toEqual(countTo(30).toReversed());
});

it('a damaged pack comes as one that nobody can take for whole, and costs its neighbours nothing', async () => {
  const { queue } = await openQueue(await makeTemporaryFolder());
  const bodies = [1, 2, 3].map((number) => {
    const header = { format: PACK_FORMAT, id: packId('0123456789abcde', number), accepted: 0, rejected: 0 } as const;
    return encodePack({ header, parts: [] }, null);
  });
  for (const body of bodies) await queue.send(body, { contentType: 'bytes' });
  const messages = await queue.lease(3, 1_000_000);
  const path = messages[0]?.path ?? '';
  const bytes = await readFile(path);
  // Another id: still a pack, had nobody looked at its checksum.
  const id = packId('0123456789abcde', 2);
  bytes.write('f', bytes.indexOf(id) + id.length - 1);
  await writeFile(path, bytes);
  const [first, second, third] = await readBodies(messages);
  expect([first, third]).toEqual([bodies[0], bodies[2]].map((body) => Buffer.from(body ?? [])));
  expect(() => decodePack(second ?? new Uint8Array())).toThrow();
  expect(textOf(second ?? new Uint8Array())).toContain(`${id.slice(0, -1)}f`);
});
