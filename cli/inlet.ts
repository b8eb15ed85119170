#!/usr/bin/env bun
import { Command, CommanderError } from 'commander';
import { LeaseHeldError } from '../lakehouse/compact/lease.ts';
import { ConfigError } from '../schemas/config.ts';
import { InletError } from '../schemas/errors.ts';
import { compactCommand } from './compact.ts';
import { demoCommand } from './demo.ts';
import { keysCommand } from './keys.ts';
import { lakeCommand } from './lake.ts';
import { notebookCommand } from './notebook.ts';
import { operationsCommand } from './operations.ts';
import { rebuildCommand } from './rebuild.ts';
import { reportCommand } from './report.ts';
import { serveCommand } from './serve.ts';
import { sqlCommand } from './sql.ts';
import { statusCommand } from './status.ts';

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;
const EXIT_BUSY = 3;

const program = new Command('inlet')
  .description('A tracking API: events in, an open log, daily reports and per-user timelines out')
  .version('0.1.0')
  .showHelpAfterError('Add --help for what it takes.')
  .addHelpText(
    'after',
    `
Settings come from the environment: INLET_DATA_DIR (default inlet-data), INLET_PORT, INLET_S3_ENDPOINT …
See .env.example for all of them.

Exit codes: 0 done, 1 failed, 2 used wrongly, 3 another process compacts already.`,
  )
  .exitOverride();

for (const command of [
  serveCommand(),
  keysCommand(),
  operationsCommand(),
  reportCommand(),
  sqlCommand(),
  notebookCommand(),
  compactCommand(),
  statusCommand(),
  lakeCommand(),
  rebuildCommand(),
  demoCommand(),
]) {
  program.addCommand(inherit(command, program));
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}

/** Sub-commands of sub-commands as well. */
function inherit(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inherit(child, command);
  return command;
}

/** Writes what went wrong to standard error. @returns the exit code */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`inlet: ${message}\n`);
  if (error instanceof LeaseHeldError) return EXIT_BUSY;
  return error instanceof ConfigError || error instanceof InletError ? EXIT_USAGE : EXIT_FAILURE;
}
