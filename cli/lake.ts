import { Command } from 'commander';
import { lakeStatusCommand } from './lake/status.ts';

/** `inlet lake`: for those who run the lake. */
export function lakeCommand(): Command {
  return new Command('lake').description('Look after the lake').addCommand(lakeStatusCommand());
}
