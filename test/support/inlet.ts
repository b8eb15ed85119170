/** A real Inlet in a process group of its own, for tests that look at it from outside. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../tidy/source.ts';

export interface RunningInlet {
  readonly url: string;
  readonly writeKey: string;
  readonly readToken: string;
  readonly dataDir: string;
  readonly pid: number;
  /** As Ctrl-C does; resolves with the exit code. */
  stop(): Promise<number>;
  /** kill -9 of the whole process group. */
  kill(): Promise<void>;
}

export interface StartOptions {
  readonly dataDir: string;
  readonly env?: Record<string, string>;
  /** Put before the command, as `taskset -c 0`. */
  readonly prefix?: readonly string[];
}

const READY_TIMEOUT_MS = 30_000;

export function temporaryFolder(name: string): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), `inlet-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** The environment of a child, without settings of the caller's own. */
export function inletEnv(dataDir: string, env: Record<string, string> = {}): Record<string, string> {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('INLET_'),
    ),
  );
  return { ...clean, INLET_DATA_DIR: dataDir, INLET_PORT: '0', ...env };
}

/** @throws when it is not ready in time, with what it wrote to standard error. */
export async function startInlet({ dataDir, env = {}, prefix = [] }: StartOptions): Promise<RunningInlet> {
  const child = Bun.spawn([...prefix, process.execPath, join(ROOT, 'cli/inlet.ts'), 'serve', '--json'], {
    env: inletEnv(dataDir, env),
    stdout: 'pipe',
    stderr: 'pipe',
    detached: true,
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), READY_TIMEOUT_MS);
  const line = await firstLine(child.stdout);
  clearTimeout(timer);
  if (line === null) throw new Error(`Inlet did not start: ${await new Response(child.stderr).text()}`);
  const ready: unknown = JSON.parse(line);
  if (!isReady(ready)) throw new Error(`Inlet said something else: ${line}`);
  const errors = new Response(child.stderr).text();
  return {
    ...ready,
    dataDir,
    pid: child.pid,
    stop: async () => {
      child.kill('SIGINT');
      const code = await child.exited;
      const text = await errors;
      if (code !== 0) throw new Error(`Inlet stopped with ${code}: ${text}`);
      return code;
    },
    kill: async () => {
      process.kill(-child.pid, 'SIGKILL');
      await child.exited;
    },
  };
}

/** Runs `inlet` with these words. */
export async function runInlet(
  dataDir: string,
  words: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = Bun.spawn([process.execPath, join(ROOT, 'cli/inlet.ts'), ...words], {
    env: inletEnv(dataDir, env),
    stdout: 'pipe',
    stderr: 'pipe',
    stdin: 'ignore',
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string | null> {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return null;
    text += decoder.decode(value, { stream: true });
    const end = text.indexOf('\n');
    if (end >= 0) {
      // The pipe is drained, or the server would block on a full one.
      void drain(reader);
      return text.slice(0, end);
    }
  }
}

async function drain(reader: { read(): Promise<{ done: boolean }> }): Promise<void> {
  while (!(await reader.read()).done);
}

function isReady(value: unknown): value is { url: string; writeKey: string; readToken: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['url', 'writeKey', 'readToken'].every((name) => name in value && typeof Reflect.get(value, name) === 'string')
  );
}
