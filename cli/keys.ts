import { Command } from 'commander';
import { listWriteKeys, revokeWriteKey } from '../platform/app/keys.ts';
import {
  ID_DIGITS,
  listReadTokens,
  type ReadToken,
  revokeReadToken,
  rotateReadToken,
} from '../platform/app/read-tokens.ts';
import { print, type ShowOptions, withControl } from './keys/control.ts';
import { createCommand } from './keys/create.ts';
import { parseWhole } from './keys/numbers.ts';

const HOUR_MS = 3_600_000;
const OVERLAP_HOURS_MAX = 8_760;

/** `inlet keys`: who may send, who may read. */
export function keysCommand(): Command {
  const keys = new Command('keys').description('Make, list, rotate and revoke write keys and read tokens');
  keys.addCommand(createCommand());
  keys
    .command('list')
    .description('List write keys and read tokens')
    .option('--json', 'print JSON')
    .action(async (options: ShowOptions) => {
      await withControl(async ({ control }) => {
        const [writeKeys, readTokens] = [await listWriteKeys(control), await listReadTokens(control)];
        const lines = [
          ...writeKeys.map(
            (key) => `${key.write_key}  ${key.kind}  source ${key.source}${timeNote('revoked', key.revoked_at)}`,
          ),
          ...readTokens.map(describeToken),
        ];
        print(options, { writeKeys, readTokens }, lines.join('\n') || 'No keys yet. Make one with: inlet keys create');
      });
    });
  keys
    .command('rotate <token>')
    .description(
      'Make a new read token in place of this one (the token, its id or its hash), which goes on for a while',
    )
    .option('--overlap-hours <hours>', 'how long the old one goes on', parseWhole(0, OVERLAP_HOURS_MAX), 24)
    .option('--json', 'print one line of JSON')
    .action(async (token: string, options: ShowOptions & { overlapHours: number }) => {
      await withControl(async (ports) => {
        const readToken = await rotateReadToken(ports, token, options.overlapHours * HOUR_MS);
        if (readToken === null) throw new Error('No such read token, or it is over. See: inlet keys list');
        const text = `${readToken}\nShown this once: only its hash is kept. The old one ends in ${options.overlapHours} hours.`;
        print(options, { readToken }, text);
      });
    });
  keys
    .command('revoke <key>')
    .description(
      'Revoke a write key, or a read token by itself, its id or its hash. A token stops within five seconds, a write key ' +
        'within a minute',
    )
    .action(async (key: string) => {
      await withControl(async (ports) => {
        const revoked = await Promise.all([revokeWriteKey(ports, key), revokeReadToken(ports, key)]);
        if (!revoked.includes(true)) throw new Error('No such key, or it was revoked before. See: inlet keys list');
        process.stdout.write('Revoked.\n');
      });
    });
  return keys;
}

function describeToken(token: ReadToken): string {
  const { token_sha256, name, last_four, scopes, requests_per_second, expires_at, revoked_at } = token;
  const limit = requests_per_second === null ? '' : `  ${requests_per_second} a second`;
  return (
    `read token "${name}"  id ${token_sha256.slice(0, ID_DIGITS)}  …${last_four ?? '????'}  ${scopes.replaceAll(' ', ',')}` +
    `${limit}${timeNote('expires', expires_at)}${timeNote('revoked', revoked_at)}`
  );
}

function timeNote(what: string, at: number | null): string {
  return at === null ? '' : `  ${what} ${new Date(at).toISOString()}`;
}
