import { Command, InvalidArgumentError } from 'commander';
import { DAY_MS, dayOf } from './demo/day.ts';
import { runDemo } from './demo/run.ts';

const USERS = 20_000;
const SEED = 1;

/** `inlet demo`: a day of a shop through an Inlet of its own, and what it looks like afterwards. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('Send a day of a made-up shop through an Inlet of its own and show the reports')
    .option('--events <count>', 'how many, all of yesterday (UTC)', whole, 120_000)
    .action(({ events }: { events: number }) => {
      return runDemo({ events, users: USERS, seed: SEED, day: dayOf(Date.now() - DAY_MS) });
    });
}

function whole(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It takes a whole number from 1 to 999,999,999.');
  return Number(text);
}
