/** Notebooks as a user has them: written as files and opened in a browser, or served. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, CHROMIUM, type ShownCell, startBrowser } from '../../cli/notebook-browser.ts';
import { runCompaction } from '../../lakehouse/compact/run.ts';
import { listNotebooks, loadNotebook } from '../../lakehouse/notebooks/folder.ts';
import { REPORTS } from '../../lakehouse/report/definitions.ts';
import { storeReports } from '../../lakehouse/report/store.ts';
import { openLake } from '../../platform/bun/lake.ts';
import { systemClock, systemRandom } from '../../platform/bun/system.ts';
import { parseConfig } from '../../schemas/config.ts';
import { append } from '../lakehouse/lake.ts';
import { inletEnv, runInlet, temporaryFolder } from '../support/inlet.ts';
import { ROOT } from '../tidy/source.ts';
import { shapesIn } from './shapes.ts';
import { shopRows } from './shop.ts';

const REASON = CHROMIUM === null ? ' (skipped: Chromium is not installed; apt-get install chromium)' : '';
const OURS = await listNotebooks(null);
const folder = temporaryFolder('notebooks');
const inlet = (...words: string[]): ReturnType<typeof runInlet> => runInlet(folder.path, words);
const inletWithoutBrowser = (...words: string[]): ReturnType<typeof runInlet> =>
  runInlet(folder.path, words, { PATH: folder.path });
/** Five notebooks and a browser. */
const BUILD_MS = 30_000;
/** What the notebooks read. */
const STORED = ['groups', 'new_and_returning', 'retention'];
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
<script id="8" type="module">Plot.barX(fine, { x: 'sum' }).plot()</script>
<script id="9" type="application/sql">select if(i = 1999999, error('late'), i) as x from range(2000000) r(i)</script>
</notebook>`;

const FAILING = ['2', '3', '4', '5', '8', '9'];

let written: Awaited<ReturnType<typeof inlet>>;
let broken: Awaited<ReturnType<typeof inlet>>;
let browser: Browser | null = null;

/** The cells of a page that was written, by id. */
async function cellsOf(name: string): Promise<Map<string, ShownCell>> {
  const shown = (await browser?.open(join(out, `${name}.html`))) ?? [];
  return new Map(shown.map((cell) => [cell.id, cell]));
}

beforeAll(async () => {
  const config = parseConfig({ INLET_DATA_DIR: folder.path });
  const ports = { ...openLake(config), clock: systemClock, random: systemRandom, config };
  await append(ports, [shopRows()]);
  await runCompaction(ports);
  await storeReports({ ...ports, reports: REPORTS.filter(({ name }) => STORED.includes(name)), timezone: 'UTC' });
  written = await inletWithoutBrowser('notebook', '--out', out);
  mkdirSync(own);
  writeFileSync(join(own, 'broken.html'), BROKEN);
  broken = await inlet('notebook', 'broken', '--dir', own, '--out', out);
  if (CHROMIUM !== null) browser = await startBrowser();
}, BUILD_MS);
afterAll(async () => {
  await browser?.close();
  folder.remove();
});

describe('pages', () => {
  it('are written for each notebook, without an error, and without Chromium that is told', () => {
    const stderr = 'inlet: Without Chromium, JavaScript cells are parsed and not run.\n';
    expect(written).toEqual({ code: 0, stderr, stdout: OURS.map((name) => `${out}/${name}.html\n`).join('') });
  });

  it.each(OURS)('of %s name no other place to load from', (name) => {
    const html = readFileSync(join(out, `${name}.html`), 'utf8');
    expect(html).toContain("default-src 'none'");
    expect(html).not.toMatch(/<(?:script|link|img|iframe)\b[^>]*(?:src|href)="(?!data:)/);
  });

  it.skipIf(CHROMIUM === null).each(OURS)(`of %s show every chart and table in Chromium${REASON}`, async (name) => {
    const { cells } = await loadNotebook(name, null);
    const shown = await cellsOf(name);
    const html = (id: string): string => shown.get(id)?.html ?? '';
    expect(cells.filter(({ id }) => shown.get(id)?.error !== null)).toEqual([]);
    const charts = cells.filter(({ kind }) => kind === 'javascript');
    expect(charts.length).toBeGreaterThan(0);
    expect(charts.filter(({ id }) => shapesIn(html(id)) === 0)).toEqual([]);
    const tables = cells.filter(({ kind, hidden }) => kind === 'sql' && !hidden);
    expect(tables.filter(({ id }) => !html(id).includes('<td'))).toEqual([]);
  });
});

describe('a cell that fails', () => {
  it('fails the command with file and line, and the page is there all the same', () => {
    expect(broken.code).toBe(1);
    expect(broken.stderr).toMatch(/^inlet: broken\.html:3: Binder Error/m);
    expect(broken.stderr).toMatch(/^inlet: broken\.html:4: Only SELECT statements/m);
    expect(broken.stderr).toMatch(/^inlet: broken\.html:5: /m);
    expect(broken.stderr).toMatch(/^inlet: broken\.html:10: .*late/m);
  });

  it.skipIf(CHROMIUM === null)(
    `while the page runs does so too, a chart of a column that is none among it${REASON}`,
    () => {
      expect(broken.stderr).toMatch(/^inlet: broken\.html:6: ReferenceError: missing is not defined/m);
      expect(broken.stderr).toMatch(/^inlet: broken\.html:9: Error: There is no column "sum" in x, y\.$/m);
      expect(broken.stderr.split('\n').filter((line) => line.startsWith('inlet: '))).toHaveLength(FAILING.length);
    },
  );

  it.skipIf(CHROMIUM === null)(`says so at its place and leaves the others alone${REASON}`, async () => {
    const shown = await cellsOf('broken');
    expect([...shown.values()].filter(({ error }) => error !== null).map(({ id }) => id)).toEqual(FAILING);
    expect(shown.get('9')?.html).not.toContain('<td');
    expect(shapesIn(shown.get('6')?.html ?? '')).toBe(0);
    expect(shown.get('7')?.html).toContain('>2</pre>');
  });
});

it('the funnel by category has the figures of the report funnel', async () => {
  const html = readFileSync(join(out, 'funnel-by-category.html'), 'utf8');
  const [, tables = ''] = /^const tables = (.*);$/m.exec(html) ?? [];
  const funnel: { columns: { name: string }[]; rows: (string | number)[][] } = JSON.parse(tables).funnel;
  expect(funnel.columns.map(({ name }) => name)).toEqual(['category', 'step', 'users', 'conversion']);

  const steps = ['Product Viewed', 'Product Added', 'Order Completed'].flatMap((name) => ['--step', name]);
  const days = ['--from', '2026-02-16', '--to', '2026-03-15'];
  const { stdout } = await inlet('report', 'funnel', '--group-by', 'category', ...steps, ...days, '--format', 'json');
  const report: { segment: string; step: number; users: number }[] = JSON.parse(stdout);
  const users = (category: string, step: number): number =>
    report.filter((row) => row.segment === category && row.step === step).reduce((sum, row) => sum + row.users, 0);
  const categories = [...new Set(report.map(({ segment }) => segment))];
  const expected = categories.flatMap((category) =>
    ['Viewed', 'Added', 'Ordered'].map((step, index) => [
      category,
      step,
      users(category, index + 1),
      users(category, index + 1) / users(category, 1),
    ]),
  );
  expect(expected.length).toBe(15);
  expect(funnel.rows.toSorted()).toEqual(expected.toSorted());
});

it('a notebook that is none is an error that says which there are', async () => {
  const wrong = await inlet('notebook', 'sales');
  expect(wrong).toMatchObject({ code: 2, stdout: '' });
  expect(wrong.stderr).toContain(OURS.join(', '));
});

it('without stored reports a page says where they come from', async () => {
  const empty = temporaryFolder('notebooks-empty');
  const words = ['notebook', 'retention', '--out', join(empty.path, 'out')];
  const result = await runInlet(empty.path, words, { PATH: empty.path });
  empty.remove();
  expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('run inlet compact') });
});

it('served pages are of the lake as it is now, for this machine only, until Ctrl-C; who leaves one stops its queries', async () => {
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
  const late = `<script type="application/sql">select if(i = 1999999, error('late'), i) from range(2000000) r(i)</script>`;
  writeFileSync(join(own, 'count.html'), `<notebook>${late}</notebook>`);
  const failed = await (await fetch(url)).text();
  expect(failed).toContain('<pre class="error">Invalid Input Error: late');
  expect(failed).not.toContain('<td');
  const runaway = '<script type="application/sql">select count(*) from range(1000000000000)</script>';
  writeFileSync(join(own, 'count.html'), `<notebook>${runaway}</notebook>`);
  await expect(fetch(url, { signal: AbortSignal.timeout(500) })).rejects.toThrow();
  writeFileSync(join(own, 'count.html'), '<notebook><script type="text/markdown"># After</script></notebook>');
  expect(await (await fetch(url)).text()).toContain('<h1>After</h1>');
  expect((await fetch(url, { headers: { host: 'elsewhere.example' } })).status).toBe(403);
  expect((await fetch(new URL('/nothing', url))).status).toBe(404);
  expect(await (await fetch(new URL('/', url))).text()).toContain('href="/count"');
  child.kill('SIGINT');
  expect(await child.exited).toBe(0);
});
