import { constants } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const LINUX = process.platform === 'linux';
const REASON = LINUX ? '' : ' (skipped: only Linux has a priority for each thread)';

describe('priorities of threads', () => {
  it.skipIf(!LINUX)(`compilers give way to the thread that answers${REASON}`, async () => {
    const child = Bun.spawn([process.execPath, join(import.meta.dirname, 'busy.ts')], { stdout: 'pipe' });
    const { threads }: { threads: { name: string; niceness: number }[] } = await new Response(child.stdout).json();
    const compilers = threads.filter(({ name }) => name === 'JITWorker');
    expect(compilers.length).toBeGreaterThan(0);
    expect(compilers.every(({ niceness }) => niceness === constants.priority.PRIORITY_LOW)).toBe(true);
    expect(threads[0]?.niceness).toBe(constants.priority.PRIORITY_NORMAL);
  });
});
