/** The heap of a Worker, as V8's inspector tells it. */
import { isJsonObject } from '../../../schemas/event.ts';

/** Bytes. */
export interface HeapUsage {
  /** Objects and texts. */
  readonly heap: number;
  /** Buffers of bytes outside of it. */
  readonly buffers: number;
}

const WAKE_MS = 20;

export interface Inspector {
  /** @param wake asks the Worker something: it does not look at such a command before */
  collectGarbage(wake: () => Promise<void>): Promise<void>;
  usage(): Promise<HeapUsage>;
  close(): void;
}

/** @param url where the runtime's inspector listens */
export async function openInspector(url: URL): Promise<Inspector> {
  const list: unknown = await (await fetch(new URL('/json', url.href.replace('ws', 'http')))).json();
  const [worker] = Array.isArray(list) ? list : [];
  if (!isJsonObject(worker)) throw new Error('The inspector has no worker');
  const socket = new WebSocket(String(worker.webSocketDebuggerUrl));
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', reject);
  });
  const waiting = new Map<number, (result: unknown) => void>();
  let sent = 0;
  socket.addEventListener('message', ({ data }) => {
    const answer: unknown = JSON.parse(String(data));
    if (isJsonObject(answer)) waiting.get(Number(answer.id))?.(answer.result);
  });
  const call = (method: string): Promise<unknown> =>
    new Promise((resolve) => {
      sent += 1;
      waiting.set(sent, resolve);
      socket.send(JSON.stringify({ id: sent, method }));
    });
  return {
    async collectGarbage(wake) {
      let isDone = false;
      const collected = call('HeapProfiler.collectGarbage').then(() => {
        isDone = true;
      });
      // The command may come after what was to wake it.
      while (!isDone) await Promise.race([collected, wake().then(() => Bun.sleep(WAKE_MS))]);
    },
    async usage() {
      const result = await call('Runtime.getHeapUsage');
      if (!isJsonObject(result)) throw new Error('The inspector does not tell the heap');
      const { usedSize, backingStorageSize } = result;
      return { heap: Number(usedSize), buffers: Number(backingStorageSize) };
    },
    close: () => socket.close(),
  };
}
