/** A page as a browser has it once its scripts have run: JavaScript of a notebook runs nowhere else. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const CHROMIUM = Bun.which('chromium') ?? Bun.which('chromium-browser') ?? Bun.which('google-chrome');

const TIMEOUT_MS = 60_000;
/** Of the page's own clock, which runs ahead while nothing happens. */
const PATIENCE_MS = 10_000;

/**
 * The cells of a page of ours, by id, as HTML. The browser has no network, and nothing of its user.
 *
 * @param path of the file
 * @throws Error where there is no Chromium, or a cell does not come to its end
 */
export async function openCells(path: string, signal?: AbortSignal): Promise<Map<string, string>> {
  if (CHROMIUM === null) throw new Error('Chromium is not installed.');
  const profile = await mkdtemp(join(tmpdir(), 'inlet-chromium-'));
  try {
    const child = Bun.spawn(
      [
        CHROMIUM,
        '--headless',
        '--disable-gpu',
        '--window-size=1000,2000',
        '--host-resolver-rules=MAP * ~NOTFOUND',
        `--virtual-time-budget=${PATIENCE_MS}`,
        `--user-data-dir=${profile}`,
        // Chromium does not start as root with its sandbox.
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        '--dump-dom',
        `file://${path}`,
      ],
      { stdout: 'pipe', stderr: 'ignore', timeout: TIMEOUT_MS, ...(signal === undefined ? {} : { signal }) },
    );
    const dom = await new Response(child.stdout).text();
    if ((await child.exited) !== 0) throw new Error(`Chromium ended with ${child.exitCode ?? child.signalCode}.`);
    if (!/<body[^>]* data-ran=/.test(dom)) throw new Error('A JavaScript cell does not come to its end.');
    const sections = [...dom.matchAll(/<section id="cell-([^"]+)"[^>]*>([\s\S]*?)<\/section>/g)];
    return new Map(sections.map(([, id = '', html = '']) => [id, html]));
  } finally {
    await rm(profile, { recursive: true, force: true });
  }
}

/** What a cell shows in place of its value because it failed; null where it did not. */
export function errorIn(html: string): string | null {
  const [, text] = /<pre class="error">([\s\S]*?)<\/pre>/.exec(html) ?? [];
  if (text === undefined) return null;
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&nbsp;', '\u00a0').replaceAll('&amp;', '&');
}
