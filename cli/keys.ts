import { Command } from 'commander';
import {
  createReadToken,
  createWriteKey,
  listReadTokens,
  listWriteKeys,
  type NewWriteKey,
  readTokenSql,
  revoke,
  writeKeySql,
} from '../platform/app/keys.ts';
import { systemClock, systemRandom } from '../platform/bun/system.ts';
import { parseConfig } from '../schemas/config.ts';
import { openControl } from './environment.ts';

interface CreateOptions {
  readonly source: string;
  readonly secret?: boolean;
  readonly read?: string;
  readonly json?: boolean;
  readonly sql?: boolean;
}

/** `inlet keys`: who may send, who may read. */
export function keysCommand(): Command {
  const keys = new Command('keys').description('Make, list and revoke write keys and read tokens');
  keys
    .command('create')
    .description('Make a write key for a source, or a read token')
    .option('--source <name>', 'the app that sends with the key', 'default')
    .option('--secret', 'a secret key for a server: may import old events')
    .option('--read <name>', 'make a read token of this name instead')
    .option('--json', 'print one line of JSON')
    .option('--sql', 'store nothing here: print SQL for "wrangler d1 execute --command"')
    .action(async (options: CreateOptions) => {
      const writeKey: NewWriteKey = { source: options.source, kind: options.secret ? 'secret' : 'public' };
      if (options.sql) {
        const ports = { clock: systemClock, random: systemRandom };
        const { secret, sql } =
          options.read === undefined ? writeKeySql(ports, writeKey) : readTokenSql(ports, { name: options.read });
        process.stdout.write(`${sql}\n`);
        process.stderr.write(`${secret}\n`);
        return;
      }
      await withControl(async (ports) => {
        if (options.read === undefined) {
          const key = await createWriteKey(ports, writeKey);
          print(options.json, { writeKey: key, source: options.source }, key);
        } else {
          const readToken = await createReadToken(ports, { name: options.read });
          print(
            options.json,
            { readToken, name: options.read },
            `${readToken}\nShown this once: only its hash is kept.`,
          );
        }
      });
    });
  keys
    .command('list')
    .description('List write keys and read tokens')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      await withControl(async ({ control }) => {
        const [writeKeys, readTokens] = [await listWriteKeys(control), await listReadTokens(control)];
        const lines = [
          ...writeKeys.map(
            (key) => `${key.write_key}  ${key.kind}  source ${key.source}${revokedNote(key.revoked_at)}`,
          ),
          ...readTokens.map(
            (token) => `read token "${token.name}"  sha256 ${token.token_sha256}${revokedNote(token.revoked_at)}`,
          ),
        ];
        print(
          options.json,
          { writeKeys, readTokens },
          lines.join('\n') || 'No keys yet. Make one with: inlet keys create',
        );
      });
    });
  keys
    .command('revoke <key>')
    .description('Revoke a write key, a read token, or a read token by its hash; takes effect within a minute')
    .action(async (key: string) => {
      await withControl(async (ports) => {
        if (!(await revoke(ports, key))) throw new Error('No such key, or it was revoked before. See: inlet keys list');
        process.stdout.write('Revoked.\n');
      });
    });
  return keys;
}

async function withControl(
  work: (ports: {
    control: Awaited<ReturnType<typeof openControl>>;
    clock: typeof systemClock;
    random: typeof systemRandom;
  }) => Promise<void>,
): Promise<void> {
  const control = await openControl(parseConfig(process.env));
  try {
    await work({ control, clock: systemClock, random: systemRandom });
  } finally {
    control.close();
  }
}

function print(json: boolean | undefined, value: object, text: string): void {
  process.stdout.write(json ? `${JSON.stringify(value)}\n` : `${text}\n`);
}

function revokedNote(revokedAt: number | null): string {
  return revokedAt === null ? '' : `  revoked ${new Date(revokedAt).toISOString()}`;
}
