import { Command, InvalidArgumentError } from 'commander';
import { createWriteKey, type NewWriteKey, writeKeySql } from '../../platform/app/keys.ts';
import { createReadToken, type NewReadToken, readTokenSql } from '../../platform/app/read-tokens.ts';
import { systemClock, systemRandom } from '../../platform/bun/system.ts';
import { isScope, SCOPES, SCOPES_DEFAULT, type Scope } from '../../schemas/scopes.ts';
import { print, type ShowOptions, withControl } from './control.ts';
import { parseWhole } from './numbers.ts';

interface CreateOptions extends ShowOptions {
  readonly source: string;
  readonly secret?: boolean;
  readonly read?: string;
  readonly scope: readonly Scope[];
  readonly requestsPerSecond?: number;
  readonly expiresDays?: number;
  readonly sql?: boolean;
}

const DAY_MS = 86_400_000;
const DAYS_MAX = 3_650;
const REQUESTS_PER_SECOND_MAX = 100_000;

/** `inlet keys create` */
export function createCommand(): Command {
  return new Command('create')
    .description('Make a write key for a source, or a read token')
    .option('--source <name>', 'the app that sends with the key', 'default')
    .option('--secret', 'a secret key for a server: may import old events')
    .option('--read <name>', 'make a read token of this name instead')
    .option('--scope <names>', `what the token may read: ${SCOPES.join(',')}`, parseScopeNames, SCOPES_DEFAULT)
    .option('--requests-per-second <n>', 'how often the token may ask', parseWhole(1, REQUESTS_PER_SECOND_MAX))
    .option('--expires-days <days>', 'how long the token is good', parseWhole(1, DAYS_MAX))
    .option('--json', 'print one line of JSON')
    .option('--sql', 'store nothing here: print SQL for "wrangler d1 execute --command"')
    .action((options: CreateOptions) =>
      options.read === undefined ? createKey(options) : createToken(options, tokenOf(options.read, options)),
    );
}

async function createKey(options: CreateOptions): Promise<void> {
  const key: NewWriteKey = { source: options.source, kind: options.secret ? 'secret' : 'public' };
  if (options.sql) return printSql(writeKeySql({ clock: systemClock, random: systemRandom }, key));
  await withControl(async (ports) => {
    const writeKey = await createWriteKey(ports, key);
    print(options, { writeKey, source: key.source }, writeKey);
  });
}

async function createToken(options: CreateOptions, token: NewReadToken): Promise<void> {
  if (options.sql) return printSql(readTokenSql({ clock: systemClock, random: systemRandom }, token));
  await withControl(async (ports) => {
    const readToken = await createReadToken(ports, token);
    const { name, scopes } = token;
    print(options, { readToken, name, scopes }, `${readToken}\nShown this once: only its hash is kept.`);
  });
}

function tokenOf(name: string, { scope, requestsPerSecond, expiresDays }: CreateOptions): NewReadToken {
  return {
    name,
    scopes: scope,
    requests_per_second: requestsPerSecond ?? null,
    expires_at: expiresDays === undefined ? null : systemClock.now() + expiresDays * DAY_MS,
  };
}

function printSql({ secret, sql }: { readonly secret: string; readonly sql: string }): void {
  process.stdout.write(`${sql}\n`);
  process.stderr.write(`${secret}\n`);
}

function parseScopeNames(text: string): readonly Scope[] {
  const names = text.split(',').map((name) => name.trim());
  const scopes = names.filter(isScope);
  if (scopes.length === names.length) return scopes;
  throw new InvalidArgumentError(`names of ${SCOPES.join(', ')} with a comma between.`);
}
