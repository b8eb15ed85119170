/** Other processes of ours: the server, and commands that end by themselves. */
import { isJsonObject, type JsonObject } from '../../schemas/event.ts';

const STOP_MS = 20_000;

export interface ServerProcess {
  /** The line of JSON that the server prints once it is ready. */
  readonly ready: JsonObject;
  readonly pid: number;
  /** Rejects when the server ends without having been told to. */
  readonly died: Promise<never>;
  /** Asks it to end, and insists after 20 seconds. */
  stop(): Promise<void>;
}

/**
 * Starts a server and waits until it is ready. What it writes to standard error goes to ours.
 *
 * @throws Error where it ends before it is ready
 */
export async function startServer(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const child = Bun.spawn([...command], { env, stdin: 'ignore', stdout: 'pipe', stderr: 'inherit' });
  const chunks = child.stdout[Symbol.asyncIterator]();
  const line = await firstLine(chunks);
  if (line === null)
    throw new Error(`"${command.join(' ')}" ended with code ${await child.exited} and was never ready.`);
  // A full pipe would hold the server up.
  void drop(chunks);
  let stopping = false;
  const died = child.exited.then((code): never | Promise<never> => {
    if (stopping) return new Promise(() => {});
    throw new Error(`The server ended by itself, with code ${code}.`);
  });
  // Whoever waits for it hears of it; nobody has to.
  died.catch(() => {});
  const stop = async () => {
    stopping = true;
    child.kill('SIGTERM');
    const insist = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await child.exited;
    clearTimeout(insist);
  };
  return { ready: parseLine(line), pid: child.pid, died, stop };
}

/**
 * Runs a command to its end.
 *
 * @returns what it wrote to standard output
 * @throws Error with what it wrote to standard error, where it fails
 */
export async function run(command: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  const child = Bun.spawn([...command], { env, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const [output, complaint, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`"${command.join(' ')}" ended with code ${code}:\n${complaint.trim()}`);
  return output;
}

/** @throws Error where it is no JSON object */
export function parseLine(line: string): JsonObject {
  const content: unknown = JSON.parse(line);
  if (!isJsonObject(content)) throw new Error(`Expected a JSON object, not: ${line}`);
  return content;
}

/** @throws Error where there is no such text */
export function textOf(content: JsonObject, name: string): string {
  const value = content[name];
  if (typeof value !== 'string') throw new Error(`Expected a text "${name}" in ${JSON.stringify(content)}`);
  return value;
}

/** Null when the stream ends before a line does. */
async function firstLine(chunks: AsyncIterator<Uint8Array>): Promise<string | null> {
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { value, done } = await chunks.next();
    if (done) return null;
    text += decoder.decode(value, { stream: true });
    const end = text.indexOf('\n');
    if (end >= 0) return text.slice(0, end);
  }
}

async function drop(chunks: AsyncIterator<Uint8Array>): Promise<void> {
  while (!(await chunks.next()).done);
}
