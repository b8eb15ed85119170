import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import type { BuiltPage, CellError } from '../lakehouse/notebooks/build.ts';
import { listNotebooks, loadNotebook } from '../lakehouse/notebooks/folder.ts';
import { type Notebook, NotebookError } from '../lakehouse/notebooks/notebook.ts';
import { storedReportViews } from '../lakehouse/report/views.ts';
import { openSession } from '../lakehouse/sql/session.ts';
import { type Environment, openEnvironment } from './environment.ts';
import { type Browser, CHROMIUM, startBrowser } from './notebook-browser.ts';
import { serveNotebooks } from './notebook-server.ts';
import { interruptible } from './terminal/interrupt.ts';

const PORT = 8090;

interface Options {
  readonly out?: string;
  readonly dir?: string;
  readonly port: number;
}

/** `inlet notebook`: pages of charts over the lake, served live or written as files. */
export function notebookCommand(): Command {
  const command = new Command('notebook')
    .description('Serve notebooks over everything that has arrived, on this machine only; or write them as HTML files')
    .argument('[name]', 'only this one; all without it')
    .option('--out <folder>', 'write one HTML file a notebook into this folder, and end')
    .option('--dir <folder>', 'have the notebooks of this folder too')
    .option('--port <port>', 'where to serve on 127.0.0.1; 0 is any free one', port, PORT);
  return command.action(async (name: string | undefined, { out, port, ...options }: Options) => {
    try {
      const dir = options.dir ?? null;
      const environment = openEnvironment();
      const names = name === undefined ? await listNotebooks(dir) : [name];
      const notebooks = await Promise.all(names.map((one) => loadNotebook(one, dir)));
      const build = async (one: string, signal: AbortSignal): Promise<BuiltPage> =>
        buildNotebook(environment, await loadNotebook(one, dir), signal);
      if (out === undefined) await interruptible((signal) => serveNotebooks({ notebooks, port, build, signal }));
      else if (!(await interruptible((signal) => write(notebooks, out, build, signal)))) process.exitCode = 1;
    } catch (error) {
      if (error instanceof NotebookError) command.error(`inlet: ${error.message}`, { exitCode: 2 });
      throw error;
    }
  });
}

async function buildNotebook(environment: Environment, notebook: Notebook, signal: AbortSignal): Promise<BuiltPage> {
  // Stored reports are read only where they are asked for: in a bucket each of them is a download.
  const asksReports = notebook.cells.some(({ kind, source }) => kind === 'sql' && /reports_/i.test(source));
  const own_views = asksReports ? storedReportViews(environment) : undefined;
  // Loaded where it is asked for: no other command needs what renders pages.
  const { buildPage } = await import('../lakehouse/notebooks/build.ts');
  const session = await openSession({ ...environment, signal, own_views });
  try {
    return await buildPage(session, notebook, signal);
  } finally {
    await session.close();
  }
}

/** @returns whether every cell went well; files with errors are written too, and show them */
async function write(
  notebooks: readonly Notebook[],
  folder: string,
  build: (name: string, signal: AbortSignal) => Promise<BuiltPage>,
  signal: AbortSignal,
): Promise<boolean> {
  await mkdir(folder, { recursive: true });
  if (CHROMIUM === null) process.stderr.write('inlet: Without Chromium, JavaScript cells are parsed and not run.\n');
  const browser = CHROMIUM === null ? null : await startBrowser(signal);
  let isGood = true;
  try {
    for (const notebook of notebooks) {
      const { html, errors } = await build(notebook.name, signal);
      const path = join(folder, `${notebook.name}.html`);
      await writeFile(path, html);
      process.stdout.write(`${path}\n`);
      const known = new Set(errors.map(({ cell }) => cell.id));
      const ran = browser === null ? [] : await runErrors(browser, notebook, resolve(path));
      const all = [...errors, ...ran.filter(({ cell }) => !known.has(cell.id))];
      for (const { cell, message } of all) {
        process.stderr.write(`inlet: ${notebook.name}.html:${cell.line}: ${message}\n`);
      }
      isGood &&= all.length === 0;
    }
  } finally {
    await browser?.close();
  }
  return isGood;
}

/** What fails while the page runs its JavaScript. */
async function runErrors(browser: Browser, { cells }: Notebook, path: string): Promise<CellError[]> {
  const shown = await browser.open(path);
  return cells.flatMap((cell) => {
    const message = shown.find(({ id }) => id === cell.id)?.error ?? null;
    return message === null ? [] : [{ cell, message }];
  });
}

function port(text: string): number {
  const value = Number(text);
  if (!/^\d{1,5}$/.test(text) || value > 65_535) throw new InvalidArgumentError('Ports are 0 to 65535.');
  return value;
}
