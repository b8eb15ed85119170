/**
 * Runs the Worker locally, in workerd: makes the local databases, a write key and a read token, starts `wrangler dev`
 * and says what to try.
 *
 * Settings: INLET_PORT (default 8787), INLET_WRITE_KEY, INLET_READ_TOKEN; INLET_WORKER_STATE is the folder of the local stores.
 */
import { createHash } from 'node:crypto';

const port = process.env.INLET_PORT ?? '8787';
const state = process.env.INLET_WORKER_STATE ?? '.wrangler/state';
const writeKey = process.env.INLET_WRITE_KEY ?? 'wk_local';
const readToken = process.env.INLET_READ_TOKEN ?? 'rt_local';
const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', CI: 'true' };

function wrangler(...words: string[]): void {
  const run = Bun.spawnSync(['wrangler', ...words], { env });
  if (run.exitCode !== 0) {
    process.stderr.write(`wrangler ${words.join(' ')} failed:\n${run.stdout}${run.stderr}\n`);
    process.exit(1);
  }
}

const local = ['--local', '--persist-to', state];
wrangler('d1', 'migrations', 'apply', 'CONTROL', ...local);
wrangler('d1', 'migrations', 'apply', 'INDEX', ...local);
const hash = createHash('sha256').update(readToken).digest('hex');
const quote = (text: string) => `'${text.replaceAll("'", "''")}'`;
const now = Date.now();
wrangler(
  ...['d1', 'execute', 'CONTROL', ...local, '--command'],
  `insert into write_keys (write_key, source, kind, created_at) values (${quote(writeKey)}, 'default', 'public', ${now}) on conflict do nothing;
   insert into read_tokens (token_sha256, name, created_at) values ('${hash}', 'local', ${now}) on conflict do nothing;`,
);

const url = `http://127.0.0.1:${port}`;
process.stdout.write(`
Inlet in workerd, on ${url}

curl -s ${url}/v1/track -u ${writeKey}: -d '{"userId":"ada","event":"Product Viewed","messageId":"first-1"}'

A few seconds later:

curl -s ${url}/graphql -H 'authorization: Bearer ${readToken}' -H 'content-type: application/json' \\
  -d '{"query":"{ user(id: \\"ada\\") { events { nodes { type event timestamp } } } }"}'

`);

const dev = Bun.spawn(['wrangler', 'dev', '--port', port, '--ip', '127.0.0.1', '--persist-to', state], {
  env,
  stdin: 'ignore',
  stdout: 'inherit',
  stderr: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => dev.kill(signal));
process.exit(await dev.exited);
