/** `inlet sql` where somebody types: statements end with a semicolon, commands of the shell begin with a dot. */
import { createInterface, type Interface } from 'node:readline';
import { query } from '../../lakehouse/sql/query.ts';
import type { Session } from '../../lakehouse/sql/session.ts';
import { withProgress } from '../terminal/progress.ts';
import { printRows } from '../terminal/rows.ts';
import { completerOf } from './complete.ts';
import { dotCommand } from './dot.ts';
import { readHistory, writeHistory } from './history.ts';

const PROMPT = 'inlet> ';
const GOES_ON = '   ...> ';

/** Ends with Ctrl-D or `.quit`. @param historyPath where lines are kept from one time to the next */
export async function runShell(session: Session, historyPath: string): Promise<void> {
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: PROMPT,
    completer: completerOf(session.views),
    history: await readHistory(historyPath),
    removeHistoryDuplicates: true,
    terminal: true,
  });
  lines.on('history', (history: string[]) => writeHistory(historyPath, history));
  process.stdout.write('One SELECT at a time, ended by ";". Try .tables, .schema events, .help; Ctrl-D ends.\n');
  await new Promise<void>((resolve) => {
    const shell = listen(session, lines);
    lines.on('line', shell.line);
    lines.on('SIGINT', shell.interrupt);
    lines.on('close', resolve);
    lines.prompt();
  });
  process.stdout.write('\n');
}

function listen(session: Session, lines: Interface): { line: (line: string) => void; interrupt: () => void } {
  let typed = '';
  /** Lines that came while a query ran, as pasted ones do. */
  let waiting: string[] = [];
  let running: AbortController | null = null;

  function ask(): void {
    lines.setPrompt(typed === '' ? PROMPT : GOES_ON);
    lines.prompt();
  }

  async function run(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    running = new AbortController();
    try {
      await work(running.signal);
    } catch (error) {
      const message = running.signal.aborted ? 'Cancelled.' : error instanceof Error ? error.message : String(error);
      process.stdout.write(`${message}\n`);
    }
    running = null;
    ask();
    for (const text of waiting.splice(0)) line(text);
  }

  function line(text: string): void {
    if (running !== null) {
      waiting.push(text);
      return;
    }
    if (typed === '' && text.trimStart().startsWith('.')) {
      const answer = dotCommand(text.trim(), session.views);
      if (answer === null) lines.close();
      else void run(() => printRows({ columns: answer.columns, batches: [answer.rows] }, 'table'));
      return;
    }
    typed += `${text}\n`;
    if (typed.trim() === '') typed = '';
    if (!typed.trimEnd().endsWith(';')) {
      ask();
      return;
    }
    const sql = typed;
    typed = '';
    void run(async (signal) => {
      const started = performance.now();
      const result = await withProgress(session.connection, 'query', query(session, sql, signal));
      await printRows(result, 'table');
      const seconds = ((performance.now() - started) / 1_000).toFixed(2);
      process.stdout.write(`${result.row_count.toLocaleString('en')} rows, ${seconds} s\n`);
    });
  }

  /** Stops the query that runs; else lets go of what was typed. */
  function interrupt(): void {
    waiting = [];
    if (running !== null) {
      running.abort();
      return;
    }
    typed = '';
    lines.write(null, { ctrl: true, name: 'e' });
    lines.write(null, { ctrl: true, name: 'u' });
    process.stdout.write('\n');
    ask();
  }

  return { line, interrupt };
}
