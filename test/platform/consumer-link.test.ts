import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startConsumer } from '../../platform/bun/consumer-link.ts';
import { temporaryFolder } from '../support/inlet.ts';

/** Dies at its first start before it is ready; after that it stores whatever it gets. */
const DIES_ONCE = `
import { existsSync, writeFileSync } from 'node:fs';
if (!existsSync(process.env.MARK)) { writeFileSync(process.env.MARK, ''); process.exit(1); }
process.on('message', ({ kind, batch, packs }) => {
  if (kind === 'stop') process.exit(0);
  process.send({ kind: 'settled', batch, settlements: packs.map(() => 'ack'), segment: packs.length > 1 ? 'segments/1' : null });
});
process.send({ kind: 'ready' });
`;

it('a batch that waits for a consumer which dies before it is ready goes to the next one', async () => {
  const folder = temporaryFolder('link');
  const script = join(folder.path, 'consumer.ts');
  writeFileSync(script, DIES_ONCE);
  const problems: string[] = [];
  const link = startConsumer(
    { ...process.env, MARK: join(folder.path, 'mark') },
    (problem) => problems.push(problem),
    script,
  );
  const pack = { id: '1', attempts: 1, path: '', offset: 0, length: 0 };
  expect(await link.handle([pack, pack])).toEqual(['ack', 'ack']);
  expect(link.restarts).toBe(1);
  expect(problems).toEqual([expect.stringContaining('starts again')]);
  await link.stop();
  folder.remove();
});

/** Answers a batch when it has been told to by a file. */
const ANSWERS_WHEN_TOLD = `
import { existsSync } from 'node:fs';
process.on('message', async ({ kind, batch, packs }) => {
  if (kind === 'stop') process.exit(0);
  while (!existsSync(process.env.MARK)) await Bun.sleep(5);
  process.send({ kind: 'settled', batch, settlements: packs.map(() => 'ack'), segment: null });
});
process.send({ kind: 'ready' });
`;

it('who follows hears of each segment, until it ends that', async () => {
  const folder = temporaryFolder('link');
  const script = join(folder.path, 'consumer.ts');
  writeFileSync(script, DIES_ONCE);
  const mark = join(folder.path, 'mark');
  writeFileSync(mark, '');
  const link = startConsumer({ ...process.env, MARK: mark }, () => {}, script);
  const pack = { id: '1', attempts: 1, path: '', offset: 0, length: 0 };
  const heard: string[] = [];
  const end = link.follow((segment) => heard.push(segment));
  await link.handle([pack, pack]);
  await link.handle([pack]);
  expect(heard).toEqual(['segments/1']);
  end();
  await link.handle([pack, pack]);
  expect(heard).toEqual(['segments/1']);
  await link.stop();
  folder.remove();
});

it('it is busy while a batch is under way, several count once, and then no longer', async () => {
  const folder = temporaryFolder('link');
  const script = join(folder.path, 'consumer.ts');
  writeFileSync(script, ANSWERS_WHEN_TOLD);
  const mark = join(folder.path, 'mark');
  const link = startConsumer({ ...process.env, MARK: mark }, () => {}, script);
  const pack = { id: '1', attempts: 1, path: '', offset: 0, length: 0 };
  expect(link.busy_ms).toBe(0);
  const began = performance.now();
  const batches = [link.handle([pack]), link.handle([pack])];
  while (link.busy_ms === 0) await Bun.sleep(1);
  const first = link.busy_ms;
  await Bun.sleep(10);
  const later = link.busy_ms;
  expect(later).toBeGreaterThan(first);
  writeFileSync(mark, '');
  await Promise.all(batches);
  const busy_ms = link.busy_ms;
  expect(busy_ms).toBeGreaterThanOrEqual(later);
  expect(busy_ms).toBeLessThanOrEqual(performance.now() - began);
  await Bun.sleep(10);
  expect(link.busy_ms).toBe(busy_ms);
  await link.stop();
  folder.remove();
});
