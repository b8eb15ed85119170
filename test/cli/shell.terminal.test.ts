/** `inlet sql` as somebody at a terminal has it: through a real pseudo-terminal. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { folderStore } from '../../platform/bun/folder-store.ts';
import { append } from '../lakehouse/lake.ts';
import { event } from '../lakehouse/rows.ts';
import { inletEnv, temporaryFolder } from '../support/inlet.ts';
import { ROOT } from '../tidy/source.ts';

const WAIT_MS = 15_000;
const PROMPT = 'inlet> ';

const folder = temporaryFolder('shell');
beforeAll(async () => {
  const lake = folderStore(join(folder.path, 'lake'));
  await append({ lake }, [[event({ message_id: 'a' }), event({ message_id: 'b', pack_index: 1, type: 'page' })]]);
});
afterAll(folder.remove);

interface Typist {
  /** Types, and waits until the terminal shows it; what was shown before is passed over. @returns what came meanwhile */
  type(keys: string, until: string | RegExp): Promise<string>;
  readonly exited: Promise<number>;
}

/** Starts the shell and waits for its prompt. */
async function openShell(): Promise<Typist> {
  let shown = '';
  const decoder = new TextDecoder();
  const child = Bun.spawn([process.execPath, join(ROOT, 'cli/inlet.ts'), 'sql'], {
    env: { ...inletEnv(folder.path), TERM: 'xterm' },
    terminal: {
      cols: 160,
      rows: 40,
      data: (_terminal, data) => {
        shown += decoder.decode(data, { stream: true });
      },
    },
  });
  const { terminal } = child;
  if (terminal === undefined) throw new Error('no terminal');
  const type: Typist['type'] = async (keys, until) => {
    const before = shown.length;
    terminal.write(keys);
    for (const deadline = Date.now() + WAIT_MS; Date.now() < deadline; await Bun.sleep(20)) {
      const text = shown.slice(before);
      if (typeof until === 'string' ? text.includes(until) : until.test(text)) return text;
    }
    throw new Error(`${JSON.stringify(keys)} did not bring ${until}: ${JSON.stringify(shown.slice(before))}`);
  };
  await type('', PROMPT);
  return { type, exited: child.exited };
}

test('answers statements, over several lines too, and says what is wrong with others', async () => {
  const shell = await openShell();
  expect(await shell.type('select type, count(*) as n from events group by all order by 1;\r', '2 rows,')).toMatch(
    /page\D+1\D[\s\S]*track\D+1\D/,
  );
  await shell.type('select 40 +\r', '...> ');
  expect(await shell.type('2 as answer;\r', '1 rows,')).toContain('42');
  expect(await shell.type("select 'one' as x;\rselect 'two' as x;\r", /two[\s\S]*1 rows,/)).toMatch(
    /one[\s\S]*1 rows,/,
  );
  await shell.type('select nope from events;\r', /nope[\s\S]*not found[\s\S]*inlet> /);
  await shell.type('delete from events;\r', 'Only SELECT statements are taken');
  const late = "select if(i = 999999, error('late'), i) as number from range(1000000) r(i);\r";
  expect(await shell.type(late, /Error: late[\s\S]*inlet> /)).not.toContain('│');
  expect(await shell.type('.tables\r', /products[\s\S]*inlet> /)).toContain('failed_events');
  expect(await shell.type('.schema users\r', /traits[\s\S]*inlet> /)).toContain('Its first event.');
  await shell.type('.quit\r', '\n');
  expect(await shell.exited).toBe(0);
});

test('Ctrl-C stops a query, and the shell goes on; at the prompt it lets go of what was typed', async () => {
  const shell = await openShell();
  await shell.type('select count(*) from range(1000000000000);\r', '\n');
  await Bun.sleep(300);
  await shell.type('\x03', /Cancelled\.[\s\S]*inlet> /);
  await shell.type('select broken', 'broken');
  await shell.type('\x03', PROMPT);
  expect(await shell.type('select 6 * 7 as answer;\r', '1 rows,')).toContain('42');
  await shell.type('\x04', '\n');
  expect(await shell.exited).toBe(0);
});

test('Tab completes, and lines are kept for the next time, readable by their owner alone', async () => {
  const first = await openShell();
  await first.type('select count(*) from failed_\t', 'failed_events');
  await first.type(';\r', '1 rows,');
  await first.type('.quit\r', '\n');
  await first.exited;
  const history = join(folder.path, 'sql-history');
  expect(readFileSync(history, 'utf8')).toContain('select count(*) from failed_events;');
  expect(statSync(history).mode & 0o777).toBe(0o600);
  const next = await openShell();
  await next.type('\x1b[A\x1b[A', 'failed_events');
  await next.type('\x03\x04', '\n');
  await next.exited;
});
