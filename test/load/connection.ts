/**
 * One kept-alive connection: a request, its answer, the next request. Plain TCP and ready-made bytes, so that the server is
 * what is measured: `fetch` takes 20 times the time, of a core that shares much with the server's.
 */
import type { Socket } from 'bun';
import { Answers } from './answers.ts';

export interface ConnectionEvents {
  readonly answered: (status: number) => void;
  /** The server closed it, or it broke. Not told of `end`. */
  readonly closed: () => void;
  /** An answer cannot be read. */
  readonly failed: (error: unknown) => void;
}

export interface Connection {
  /** One request at a time. The bytes may be written over at once. */
  send(request: Uint8Array): void;
  end(): void;
}

/** @returns null when it cannot be opened */
export async function openConnection(url: URL, events: ConnectionEvents): Promise<Connection | null> {
  const answers = new Answers();
  let unsent: Uint8Array | null = null;
  let isOver = false;
  const push = (socket: Socket, bytes: Uint8Array): void => {
    const written = socket.write(bytes);
    // What the kernel does not take now must not change under it.
    unsent = written < bytes.length ? Buffer.from(bytes.subarray(Math.max(0, written))) : null;
  };
  const over = (): void => {
    if (!isOver) events.closed();
    isOver = true;
  };
  try {
    const socket = await Bun.connect({
      hostname: url.hostname,
      port: Number(url.port || 80),
      socket: {
        drain: (socket) => {
          if (unsent !== null) push(socket, unsent);
        },
        data: (socket, chunk) => {
          try {
            const status = answers.read(chunk);
            if (status !== null) events.answered(status);
          } catch (error) {
            isOver = true;
            socket.end();
            events.failed(error);
          }
        },
        close: over,
        error: over,
      },
    });
    return {
      send: (request) => push(socket, request),
      end: () => {
        isOver = true;
        socket.end();
      },
    };
  } catch {
    return null;
  }
}
