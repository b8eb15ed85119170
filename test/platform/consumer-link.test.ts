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
  process.send({ kind: 'settled', batch, settlements: packs.map(() => 'ack') });
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
