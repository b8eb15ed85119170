/** A live subscription over a real socket. */
import type { RunningInlet } from './inlet.ts';

export interface Subscription {
  /** What the server says first: that the stream is open, or why it is not. */
  readonly first: string;
  /** More of the stream; empty at its end. */
  read(): Promise<string>;
  /** Hangs up. */
  leave(): void;
}

/** A refusal comes within this time. */
const REFUSED_MS = 300;

export async function subscribe(
  { url, readToken }: Pick<RunningInlet, 'url' | 'readToken'>,
  query = 'subscription { events { messageId } }',
): Promise<Subscription> {
  const controller = new AbortController();
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${readToken}`,
    },
    body: JSON.stringify({ query }),
    signal: controller.signal,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let ahead: Promise<string> | null = null;
  const next = async (): Promise<string> => (await reader?.read())?.value ?? '';
  const read = (): Promise<string> => {
    const text = ahead ?? next();
    ahead = null;
    return text;
  };
  let first = await read();
  if (first.trim() === ':') {
    // A refusal may follow the first heartbeat; where there is none, nothing does.
    ahead = next();
    ahead.catch(() => {});
    first += await Promise.race([ahead, Bun.sleep(REFUSED_MS).then(() => '')]);
  }
  return { first, read, leave: () => controller.abort() };
}

/** Opens so many at a time. @param due_ms how long it waits for room */
export async function fill(
  inlet: Pick<RunningInlet, 'url' | 'readToken'>,
  count: number,
  due_ms: number,
): Promise<Subscription[]> {
  const open: Subscription[] = [];
  const end = performance.now() + due_ms;
  while (open.length < count && performance.now() < end) {
    const more = await Promise.all(Array.from({ length: count - open.length }, () => subscribe(inlet)));
    open.push(...more.filter(({ first }) => !first.includes('live_full')));
  }
  return open;
}
