/** Pages as a browser has them once their scripts have run: JavaScript of a notebook runs nowhere else. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isJsonObject, type JsonObject } from '../schemas/event.ts';

export const CHROMIUM = Bun.which('chromium') ?? Bun.which('chromium-browser') ?? Bun.which('google-chrome');

const PATIENCE_MS = 30_000;

export interface ShownCell {
  readonly id: string;
  readonly html: string;
  /** What it shows in place of its value because it failed. */
  readonly error: string | null;
}

export interface Browser {
  /** The cells of a page of ours. @throws Error where one of them does not come to its end */
  open(path: string): Promise<readonly ShownCell[]>;
  close(): Promise<void>;
}

/** In the page, once all its cells have run. */
const CELLS = `new Promise((resolve) => {
  const look = () => {
    if (document.body?.dataset.ran === undefined) return setTimeout(look, 20);
    resolve(JSON.stringify([...document.querySelectorAll('section')].map((section) => ({
      id: section.id.replace('cell-', ''),
      html: section.innerHTML,
      error: section.querySelector('pre.error')?.textContent ?? null,
    }))));
  };
  look();
})`;

/** Starts Chromium, with no network and nothing of its user. @throws Error where it does not start */
export async function startBrowser(signal?: AbortSignal): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'inlet-chromium-'));
  const child = Bun.spawn(
    [
      CHROMIUM ?? 'chromium',
      '--headless',
      '--disable-gpu',
      '--window-size=1000,2000',
      '--host-resolver-rules=MAP * ~NOTFOUND',
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
      // As root it does not start with its sandbox.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      'about:blank',
    ],
    { stdin: 'ignore', stdout: 'ignore', stderr: 'pipe', ...(signal === undefined ? {} : { signal }) },
  );
  const close = async (): Promise<void> => {
    child.kill('SIGKILL');
    await child.exited;
    await rm(profile, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    const call = await connect(await addressIn(child.stderr));
    return { open: (path) => openPage(call, path), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Of its DevTools protocol, which it prints when it listens. */
async function addressIn(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stream.values({ preventCancel: true })) {
    text += decoder.decode(chunk, { stream: true });
    const [, address] = /DevTools listening on (ws:\S+)/.exec(text) ?? [];
    if (address !== undefined) return address;
  }
  throw new Error(`Chromium does not start: ${text.trim()}`);
}

type Call = (method: string, params: JsonObject, sessionId?: string) => Promise<JsonObject>;

async function connect(address: string): Promise<Call> {
  const socket = new WebSocket(address);
  const waiting = new Map<number, { resolve: (value: JsonObject) => void; reject: (error: Error) => void }>();
  socket.addEventListener('message', ({ data }) => {
    const message: unknown = JSON.parse(String(data));
    if (!isJsonObject(message) || typeof message.id !== 'number') return;
    const { result, error, id } = message;
    if (isJsonObject(result)) waiting.get(id)?.resolve(result);
    else waiting.get(id)?.reject(new Error(`Chromium: ${JSON.stringify(error)}`));
    waiting.delete(id);
  });
  socket.addEventListener('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('Chromium ended.'));
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', () => reject(new Error('Chromium does not answer.')));
  });
  let last = 0;
  return (method, params, sessionId) => {
    const id = ++last;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      socket.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
    });
  };
}

async function openPage(call: Call, path: string): Promise<readonly ShownCell[]> {
  const { targetId } = await call('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true });
  await call('Page.navigate', { url: `file://${path}` }, String(sessionId));
  const timer = Promise.withResolvers<never>();
  const late = setTimeout(() => timer.reject(new Error('A JavaScript cell does not come to its end.')), PATIENCE_MS);
  try {
    const evaluate = { expression: CELLS, awaitPromise: true };
    const { result } = await Promise.race([call('Runtime.evaluate', evaluate, String(sessionId)), timer.promise]);
    return isJsonObject(result) ? JSON.parse(String(result.value)) : [];
  } finally {
    clearTimeout(late);
    await call('Target.closeTarget', { targetId });
  }
}
