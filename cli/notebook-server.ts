/** Notebooks over HTTP, for the person at this machine. */
import type { BuiltPage } from '../lakehouse/notebooks/build.ts';
import type { Notebook } from '../lakehouse/notebooks/notebook.ts';

export interface ServeOptions {
  readonly notebooks: readonly Notebook[];
  readonly port: number;
  /** Reads the file and the lake anew. */
  readonly build: (name: string, signal: AbortSignal) => Promise<BuiltPage>;
  /** Stops it. */
  readonly signal: AbortSignal;
}

const HTML = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' };

/** Serves until it is stopped. */
export async function serveNotebooks({ notebooks, port, build, signal }: ServeOptions): Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  /** One at a time: each has the memory of a whole session. */
  const inTurn = (name: string, asker: AbortSignal): Promise<BuiltPage> => {
    const mine = last.then(() => build(name, AbortSignal.any([signal, asker])));
    last = mine.catch(() => {});
    return mine;
  };
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port,
    idleTimeout: 0,
    async fetch(request) {
      const { hostname, pathname } = new URL(request.url);
      // A page elsewhere whose name was made to point here must not read the lake.
      if (hostname !== '127.0.0.1' && hostname !== 'localhost') return plain('Ask for 127.0.0.1.', 403);
      if (request.method !== 'GET') return plain('Only GET is answered.', 405);
      const name = pathname.slice(1);
      if (name === '') return new Response(indexPage(notebooks), { headers: HTML });
      if (!notebooks.some((one) => one.name === name)) return plain('There is no such notebook.', 404);
      try {
        // Who closes the page stops its queries, which would hold up the next one.
        return new Response((await inTurn(name, request.signal)).html, { headers: HTML });
      } catch (error) {
        return plain(error instanceof Error ? error.message : String(error), 500);
      }
    },
  });
  const paths = notebooks.map(({ name, title }) => `  http://127.0.0.1:${server.port}/${name}  ${title}`);
  process.stdout.write(`${paths.join('\n')}\n\nReload a page to see what has arrived since. Ctrl-C stops it.\n`);
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  await server.stop(true);
  await last;
}

function plain(text: string, status: number): Response {
  return new Response(`${text}\n`, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } });
}

function indexPage(notebooks: readonly Notebook[]): string {
  const items = notebooks.map(
    ({ name, title }) => `<li><a href="/${encodeURIComponent(name)}">${Bun.escapeHTML(title)}</a></li>`,
  );
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
<title>Notebooks</title>
<body style="font: 16px/1.8 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem">
<h1>Notebooks</h1>
<ul>${items.join('')}</ul>
</body></html>
`;
}
