import { describe, expect, test } from 'vitest';
import { parseLine, run, startServer, textOf } from '../../cli/demo/child.ts';

const ENV = { PATH: process.env.PATH ?? '' };

function script(code: string): string[] {
  return [Bun.which('bun', { PATH: `${process.cwd()}/node_modules/.bin` }) ?? 'bun', '-e', code];
}

describe('a server process', () => {
  test('it is ready with its first line, goes on writing, and stops when asked to', async () => {
    const code = `console.log('{"url":"http://here"}'); setInterval(() => console.log('x'.repeat(10_000)), 1)`;
    const server = await startServer(script(code), ENV);
    expect(textOf(server.ready, 'url')).toBe('http://here');
    await server.stop();
    const outcome = await Promise.race([server.died.catch(() => 'died'), Bun.sleep(20).then(() => 'stopped')]);
    expect(outcome).toBe('stopped');
  });

  test('one that ends before it is ready is an error with its exit code', async () => {
    await expect(startServer(script('process.exit(7)'), ENV)).rejects.toThrow('ended with code 7');
  });

  test('one that ends by itself later is told of', async () => {
    const server = await startServer(script(`console.log('{}'); setTimeout(() => process.exit(3), 50)`), ENV);
    await expect(server.died).rejects.toThrow('by itself, with code 3');
  });
});

describe('a command', () => {
  test('its output is the result, and a failure carries what it complained of', async () => {
    expect(await run(script(`console.log('done')`), ENV)).toBe('done\n');
    await expect(run(script(`console.error('no such day'); process.exit(2)`), ENV)).rejects.toThrow('no such day');
  });

  test('a line that is no object, and a missing text, are errors', () => {
    expect(() => parseLine('[]')).toThrow('JSON object');
    expect(() => textOf({ url: 1 }, 'url')).toThrow('"url"');
  });
});
