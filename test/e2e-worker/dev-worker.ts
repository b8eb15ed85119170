/** The Worker under `wrangler dev`, started as a developer starts it, with its bucket open over S3. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Config } from '../../schemas/config.ts';
import { inletEnv } from '../support/inlet.ts';
import { ROOT } from '../tidy/source.ts';

const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 50;
const BUCKET = 'inlet-lake';
const SECRETS = { access_key_id: 'inlet', secret_access_key: 'inletsecret' };

export interface DevWorker {
  readonly url: string;
  readonly writeKey: string;
  readonly readToken: string;
  readonly s3: S3Config;
  /** For whatever else the test keeps; removed by `stop`. */
  readonly folder: string;
  /** All that it wrote so far. */
  output(): string;
  /** As Ctrl-C does. @throws when it does not end well */
  stop(): Promise<void>;
}

/** @throws when it is not ready in time, with what it wrote. */
export async function startDevWorker(): Promise<DevWorker> {
  const folder = mkdtempSync(join(tmpdir(), 'inlet-worker-'));
  const keys = { writeKey: 'wk_e2e', readToken: 'rt_e2e' };
  const child = Bun.spawn([process.execPath, join(ROOT, 'cli/worker/dev.ts')], {
    env: {
      ...inletEnv(folder),
      INLET_WORKER_STATE: join(folder, 'state'),
      INLET_WORKER_CONFIG: writeConfig(folder),
      INLET_WRITE_KEY: keys.writeKey,
      INLET_READ_TOKEN: keys.readToken,
    },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  let text = '';
  const collect = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
  };
  void collect(child.stdout);
  void collect(child.stderr);

  const stop = async (): Promise<void> => {
    child.kill('SIGINT');
    const code = await child.exited;
    rmSync(folder, { recursive: true, force: true });
    if (code !== 0) throw new Error(`wrangler dev ended with ${code}:\n${text}`);
  };

  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    const url = /^Inlet runs in workerd, on (\S+)$/m.exec(text)?.[1];
    if (url !== undefined) {
      const s3 = { endpoint: `${url}/cdn-cgi/local/r2/s3`, bucket: BUCKET, region: 'auto', ...SECRETS };
      return { url, ...keys, s3, folder, output: () => text, stop };
    }
    if (Date.now() > deadline || child.exitCode !== null) {
      await stop().catch(() => undefined);
      throw new Error(`The Worker did not start:\n${text}`);
    }
    await Bun.sleep(POLL_MS);
  }
}

/** The real wrangler.toml, with the local S3 endpoint of its bucket opened. */
function writeConfig(folder: string): string {
  const path = join(folder, 'wrangler.toml');
  const secrets = `{ accessKeyId = "${SECRETS.access_key_id}", secretAccessKey = "${SECRETS.secret_access_key}" }`;
  const bucket = `bucket_name = "${BUCKET}"`;
  const config = readFileSync(join(ROOT, 'wrangler.toml'), 'utf8')
    .replace('main = "', `main = "${ROOT}/`)
    .replace(bucket, `${bucket}\nlocal_dev = { experimental_s3_credentials = ${secrets} }`);
  writeFileSync(path, config);
  return path;
}
