import { Miniflare } from 'miniflare';
import type { S3Config } from '../../schemas/config.ts';

export interface S3Server {
  readonly config: S3Config;
  close(): Promise<void>;
}

/** An S3 server on a free port: miniflare's R2, which honours conditions and checks signatures. */
export async function startS3(): Promise<S3Server> {
  const credentials = { accessKeyId: 'inlet', secretAccessKey: 'inletsecret' };
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    port: 0,
    modules: true,
    compatibilityDate: '2026-07-01',
    script: 'export default { fetch: () => new Response() }',
    r2Buckets: { LAKE: { id: 'lake', s3Credentials: credentials } },
  });
  const config = {
    endpoint: new URL('/cdn-cgi/local/r2/s3', await miniflare.ready).href,
    bucket: 'lake',
    region: 'auto',
    access_key_id: credentials.accessKeyId,
    secret_access_key: credentials.secretAccessKey,
  };
  return { config, close: () => miniflare.dispose() };
}
