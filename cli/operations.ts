import { Command } from 'commander';
import { addOperations, listOperations, operationsSql, removeOperation } from '../platform/app/operations.ts';
import { readOperations } from '../platform/bun/operations-file.ts';
import { systemClock } from '../platform/bun/system.ts';
import { print, type ShowOptions, withControl } from './keys/control.ts';

const SHOWN_CHARACTERS = 80;

/** `inlet operations`: GraphQL operations that callers may name by their hash. */
export function operationsCommand(): Command {
  const operations = new Command('operations').description('GraphQL operations that callers may name by their hash');
  operations
    .command('add <file>')
    .description('Add those of a JSON file, {"<sha256>": "<query>"}. They are answered within five seconds')
    .option('--sql', 'store nothing here: print the statements that add them, for D1')
    .option('--json', 'print one line of JSON')
    .action(async (file: string, options: ShowOptions & { sql?: boolean }) => {
      const added = readOperations(file);
      if (options.sql === true) {
        process.stdout.write(`${operationsSql(systemClock, added).join('\n')}\n`);
        return;
      }
      await withControl((ports) => addOperations(ports, added));
      print(options, { operations: [...added.keys()] }, `${added.size} operations are known now.`);
    });
  operations
    .command('list')
    .description('List them, without those of INLET_GRAPHQL_OPERATIONS')
    .option('--json', 'print JSON')
    .action(async (options: ShowOptions) => {
      await withControl(async ({ control }) => {
        const known = await listOperations(control);
        const lines = known.map(({ sha256, text }) => `${sha256}  ${shortened(text)}`);
        print(options, { operations: known }, lines.join('\n') || 'None yet. Add some with: inlet operations add');
      });
    });
  operations
    .command('remove <sha256>')
    .description('Remove one. It is refused within a minute')
    .action(async (sha256: string) => {
      await withControl(async ({ control }) => {
        if (!(await removeOperation(control, sha256))) throw new Error('No such operation. See: inlet operations list');
        process.stdout.write('Removed.\n');
      });
    });
  return operations;
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS - 1)}…` : line;
}
