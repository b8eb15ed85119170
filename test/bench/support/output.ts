import { availableParallelism, cpus } from 'node:os';
import Table from 'cli-table3';
import { InvalidArgumentError } from 'commander';

/** A table for people, then one line of JSON for programs. */
export function print(head: readonly string[], rows: readonly (readonly string[])[], figures: object): void {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, index) => (index === 0 ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows.map((row) => [...row]));
  process.stdout.write(`${table.toString()}\n${JSON.stringify({ machine: MACHINE, ...figures })}\n`);
}

/** Taken at the start, before a process gives cores away. */
const MACHINE = { cpu: cpus()[0]?.model ?? '', cores: availableParallelism(), bun: Bun.version };

export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** For options of a command. */
export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It takes a number above 0.');
  return value;
}
