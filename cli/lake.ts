import { Command } from 'commander';
import { lakeAttachCommand } from './lake/attach.ts';
import { lakeStatusCommand } from './lake/status.ts';

/** `inlet lake`: for those who run the lake, and those who read it with other engines. */
export function lakeCommand(): Command {
  return new Command('lake')
    .description('Look after the lake')
    .addCommand(lakeStatusCommand())
    .addCommand(lakeAttachCommand());
}
