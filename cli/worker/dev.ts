/**
 * Runs the Worker on this machine, in workerd: makes the local databases, a write key and a read token, starts
 * `wrangler dev` and says what to try.
 *
 * Settings: INLET_PORT (default 8787; 0 is any free one), INLET_WRITE_KEY, INLET_READ_TOKEN; INLET_WORKER_STATE is the
 * folder of the local stores, INLET_WORKER_CONFIG another wrangler.toml.
 */
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { prepareStores } from './stores.ts';

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 100;
const ROOT = join(import.meta.dir, '..', '..');

const settings = {
  config: process.env.INLET_WORKER_CONFIG ?? join(ROOT, 'wrangler.toml'),
  state: process.env.INLET_WORKER_STATE ?? join(ROOT, '.wrangler', 'state'),
  writeKey: process.env.INLET_WRITE_KEY ?? 'wk_local',
  readToken: process.env.INLET_READ_TOKEN ?? 'rt_local',
};

try {
  process.exit(await run());
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}

async function run(): Promise<number> {
  const port = await freePort(Number(process.env.INLET_PORT ?? '8787'));
  const url = `http://127.0.0.1:${port}`;
  say(`Making the local databases in ${settings.state} …`);
  await prepareStores(settings);
  say('Starting workerd …');
  const dev = startWrangler(port);
  const stopping = stopOnSignal(dev);
  try {
    const ready = await Promise.race([isAnswering(`${url}/livez`), dev.exited]);
    if (ready === true) say(welcome(url));
  } catch (error) {
    killGroup(dev);
    throw error;
  }
  const code = await dev.exited;
  return stopping.aborted ? 0 : code;
}

/** In a process group of its own, so that Ctrl-C reaches it once: a second one would cut its clean-up short. */
function startWrangler(port: number): Bun.Subprocess {
  const isTerminal = process.stdout.isTTY;
  const dev = Bun.spawn(
    [
      // Wrangler's server answers nothing when Bun runs it.
      join(ROOT, 'node_modules/.bin/node'),
      join(ROOT, 'node_modules/wrangler/bin/wrangler.js'),
      ...['dev', '--config', settings.config, '--env=', '--persist-to', settings.state],
      ...['--ip', '127.0.0.1', '--port', String(port), '--show-interactive-dev-session=false'],
    ],
    {
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CI: 'true', ...(isTerminal ? {} : { NO_COLOR: '1' }) },
      stdin: 'ignore',
      stdout: isTerminal ? 'inherit' : 'pipe',
      stderr: isTerminal ? 'inherit' : 'pipe',
      detached: true,
    },
  );
  for (const stream of [dev.stdout, dev.stderr]) if (stream !== undefined) void copyPlain(stream);
  return dev;
}

function stopOnSignal(dev: Bun.Subprocess): AbortSignal {
  const stopping = new AbortController();
  const stop = () => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    say('Stopping …');
    dev.kill('SIGINT');
    setTimeout(() => killGroup(dev), STOP_TIMEOUT_MS);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return stopping.signal;
}

/** Workerd, too. */
function killGroup({ pid }: Bun.Subprocess): void {
  process.kill(-pid, 'SIGKILL');
}

/** Some of wrangler's colours come whatever the environment says. */
async function copyPlain(stream: ReadableStream<Uint8Array>): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) process.stdout.write(Bun.stripANSI(decoder.decode(chunk, { stream: true })));
}

async function isAnswering(url: string): Promise<true> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    try {
      if ((await fetch(url)).ok) return true;
    } catch {
      // It does not listen yet.
    }
    if (Date.now() > deadline) throw new Error(`The Worker did not answer on ${url} in time.`);
    await Bun.sleep(POLL_MS);
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function welcome(url: string): string {
  const { writeKey, readToken } = settings;
  return `
Inlet runs in workerd, on ${url}

1. Send an event:

curl -s ${url}/v1/track -u ${writeKey}: -d '{"userId":"ada","event":"Product Viewed","messageId":"first-1"}'

2. See the user's timeline, a few seconds later:

curl -s ${url}/graphql -H 'authorization: Bearer ${readToken}' -H 'content-type: application/json' \\
  -d '{"query":"{ user(id: \\"ada\\") { events { nodes { type event timestamp } } } }"}'

3. Run what the cron of a deployed Worker runs each minute:

curl -s ${url}/cdn-cgi/local/scheduled

Ctrl-C stops it.
`;
}
