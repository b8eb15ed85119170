/** Notebooks as a user has them: written as files and opened in a browser, or served. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listNotebooks, loadNotebook } from '../../lakehouse/notebooks/folder.ts';
import { folderStore } from '../../platform/bun/folder-store.ts';
import { append } from '../lakehouse/lake.ts';
import { inletEnv, runInlet, temporaryFolder } from '../support/inlet.ts';
import { ROOT } from '../tidy/source.ts';
import { CHROMIUM, openCells, REASON, shapesIn } from './chromium.ts';
import { shopRows } from './shop.ts';

const OURS = await listNotebooks(null);
const folder = temporaryFolder('notebooks');
const inlet = (...words: string[]): ReturnType<typeof runInlet> => runInlet(folder.path, words);
const out = join(folder.path, 'out');
const own = join(folder.path, 'own');

const BROKEN = `<notebook><title>Broken</title>
<script id="1" type="application/sql" output="fine">select 1 as x, chr(60) || '/script>' as y</script>
<script id="2" type="application/sql">select nothing from events</script>
<script id="3" type="application/sql">copy (select 1) to '/tmp/x'</script>
<script id="4" type="module">fine.map(</script>
<script id="5" type="module">missing.length</script>
<script id="6" type="module">Plot.barX([], { x: 'x' }).plot()</script>
<script id="7" type="module">fine[0].x + 1</script>
</notebook>`;

beforeAll(async () => {
  await append({ lake: folderStore(join(folder.path, 'lake')) }, [shopRows()]);
  expect((await inlet('compact')).code).toBe(0);
  mkdirSync(own);
  writeFileSync(join(own, 'broken.html'), BROKEN);
});
afterAll(folder.remove);

describe('pages', () => {
  let written: Awaited<ReturnType<typeof inlet>>;
  beforeAll(async () => {
    written = await inlet('notebook', '--out', out);
  });

  it('are written for each notebook, without an error', () => {
    expect(written).toEqual({ code: 0, stderr: '', stdout: OURS.map((name) => `${out}/${name}.html\n`).join('') });
  });

  it.each(OURS)('of %s name no other place to load from', (name) => {
    const html = readFileSync(join(out, `${name}.html`), 'utf8');
    expect(html).toContain("default-src 'none'");
    expect(html).not.toMatch(/<(?:script|link|img|iframe)\b[^>]*(?:src|href)="(?!data:)/);
  });

  it.skipIf(CHROMIUM === null).each(OURS)(`of %s show every chart and table in Chromium${REASON}`, async (name) => {
    const { cells } = await loadNotebook(name, null);
    const shown = await openCells(join(out, `${name}.html`), join(folder.path, 'profile'));
    const html = (id: string): string => shown.get(id) ?? '';
    expect(cells.filter(({ id }) => !shown.has(id) || html(id).includes('class="error"'))).toEqual([]);
    const charts = cells.filter(({ kind }) => kind === 'javascript');
    expect(charts.length).toBeGreaterThan(0);
    expect(charts.filter(({ id }) => shapesIn(html(id)) === 0)).toEqual([]);
    const tables = cells.filter(({ kind, hidden }) => kind === 'sql' && !hidden);
    expect(tables.filter(({ id }) => !html(id).includes('<td'))).toEqual([]);
  });
});

describe('a cell that fails', () => {
  let written: Awaited<ReturnType<typeof inlet>>;
  beforeAll(async () => {
    written = await inlet('notebook', 'broken', '--dir', own, '--out', out);
  });

  it('fails the command with file and line, and the page is there all the same', () => {
    expect(written).toMatchObject({ code: 1, stdout: `${out}/broken.html\n` });
    expect(written.stderr).toMatch(/^inlet: broken\.html:3: Binder Error/m);
    expect(written.stderr).toMatch(/^inlet: broken\.html:4: Only SELECT statements/m);
    expect(written.stderr).toMatch(/^inlet: broken\.html:5: /m);
  });

  it.skipIf(CHROMIUM === null)(`says so at its place and leaves the others alone${REASON}`, async () => {
    const shown = await openCells(join(out, 'broken.html'), join(folder.path, 'profile'));
    const failing = [...shown].filter(([, html]) => html.includes('class="error"')).map(([id]) => id);
    expect(failing).toEqual(['2', '3', '4', '5']);
    expect(shapesIn(shown.get('6') ?? '')).toBe(0);
    expect(shown.get('7')).toContain('>2</pre>');
  });
});

it('a notebook that is none is an error that says which there are', async () => {
  const wrong = await inlet('notebook', 'sales');
  expect(wrong).toMatchObject({ code: 2, stdout: '' });
  expect(wrong.stderr).toContain(OURS.join(', '));
});

it('without stored reports a page says where they come from', async () => {
  const empty = temporaryFolder('notebooks-empty');
  const result = await runInlet(empty.path, ['notebook', 'retention', '--out', join(empty.path, 'out')]);
  empty.remove();
  expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('run inlet compact') });
});

it('served pages are of the lake as it is now, for this machine only, until Ctrl-C', async () => {
  writeFileSync(
    join(own, 'count.html'),
    '<notebook><title>Count</title><script type="application/sql">select count(*) as n from events</script></notebook>',
  );
  const child = Bun.spawn(
    [process.execPath, join(ROOT, 'cli/inlet.ts'), 'notebook', 'count', '--dir', own, '--port', '0'],
    { env: inletEnv(folder.path), stdout: 'pipe', stderr: 'pipe' },
  );
  const { value } = await child.stdout.getReader().read();
  const url = /http:\S+/.exec(new TextDecoder().decode(value))?.[0] ?? '';
  const count = shopRows().length - 1;
  expect(await (await fetch(url)).text()).toContain(`<td class="number">${count.toLocaleString('en')}</td>`);
  writeFileSync(join(own, 'count.html'), '<notebook><script type="text/markdown"># Changed</script></notebook>');
  expect(await (await fetch(url)).text()).toContain('<h1>Changed</h1>');
  expect((await fetch(url, { headers: { host: 'elsewhere.example' } })).status).toBe(403);
  expect((await fetch(new URL('/nothing', url))).status).toBe(404);
  expect(await (await fetch(new URL('/', url))).text()).toContain('href="/count"');
  child.kill('SIGINT');
  expect(await child.exited).toBe(0);
});
