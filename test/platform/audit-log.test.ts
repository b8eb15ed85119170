import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AuditLog } from '../../platform/bun/audit-log.ts';
import { temporaryFolder } from '../support/inlet.ts';

let folder: ReturnType<typeof temporaryFolder>;
let problems: string[];
beforeEach(() => {
  folder = temporaryFolder('audit');
  problems = [];
});
afterEach(() => folder.remove());

const path = () => join(folder.path, 'audit');
const open = (limits: { file_bytes_max?: number; files_max?: number } = {}) =>
  new AuditLog(path(), { report: (problem) => problems.push(problem), ...limits });
const linesOf = (name: string): unknown[] =>
  readFileSync(join(path(), name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

test('lines are in a file once it is closed, in order, readable by their owner only; the next start goes on in it', async () => {
  for (const half of [0, 2]) {
    const log = open();
    log.write({ n: half });
    log.write({ n: half + 1 });
    await log.close();
  }
  expect(readdirSync(path())).toEqual(['00000001.jsonl']);
  expect(linesOf('00000001.jsonl')).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }, { n: 3 }]);
  expect(statSync(join(path(), '00000001.jsonl')).mode & 0o077).toBe(0);
});

test('a full file is followed by another, and the oldest go', async () => {
  const log = open({ file_bytes_max: 70_000, files_max: 3 });
  for (let file = 0; file < 6; file += 1) {
    log.write({ file, text: 'x'.repeat(70_000) });
    await log.close();
  }
  expect(readdirSync(path()).sort()).toEqual(['00000004.jsonl', '00000005.jsonl', '00000006.jsonl']);
  expect(linesOf('00000006.jsonl')).toMatchObject([{ file: 5 }]);
});

test('what waits is bounded, and what was left out is counted in the file', async () => {
  const log = open();
  for (let n = 0; n < 300; n += 1) log.write({ n, text: 'x'.repeat(10_000) });
  await log.close();
  const lines = linesOf('00000001.jsonl');
  const last = Object(lines.at(-1));
  expect(lines.length).toBeGreaterThan(90);
  expect(lines.length - 1 + last.lost).toBe(300);
  expect(problems).toEqual([]);
});

test('a disk that takes nothing is reported, the server goes on, and the loss is told once it does', async () => {
  writeFileSync(path(), 'a file where the folder should be');
  const log = open();
  log.write({ n: 0 });
  await log.close();
  expect(problems).toHaveLength(1);
  rmSync(path());
  log.write({ n: 1 });
  await log.close();
  expect(linesOf('00000001.jsonl')).toMatchObject([{ n: 1 }, { lost: 1 }]);
});
