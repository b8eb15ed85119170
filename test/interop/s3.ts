/**
 * An S3 server at the root of a port, as R2 is, before miniflare's R2, which lives below a path: what comes in is signed
 * anew. It takes what a reader needs, and only from who has the key.
 */
import { AwsClient } from 'aws4fetch';
import type { S3Config } from '../../schemas/config.ts';
import { type S3Server, startS3 } from '../platform/miniflare-s3.ts';

const PASSED_ON = ['content-type', 'content-range', 'content-length', 'etag', 'last-modified', 'accept-ranges'];

export interface Gate {
  /** Of the server behind, for who writes. */
  readonly config: S3Config;
  /** For who reads. */
  readonly endpoint: string;
  close(): Promise<void>;
}

export async function startGate(): Promise<Gate> {
  const server: S3Server = await startS3();
  const { endpoint, access_key_id, secret_access_key } = server.config;
  const client = new AwsClient({
    accessKeyId: access_key_id,
    secretAccessKey: secret_access_key,
    service: 's3',
    region: 'auto',
    retries: 0,
  });
  const gate = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      if (!(request.headers.get('authorization') ?? '').includes(`Credential=${access_key_id}/`)) {
        return new Response('no key', { status: 403 });
      }
      if (request.method !== 'GET' && request.method !== 'HEAD') return new Response('read only', { status: 405 });
      const range = request.headers.get('range');
      const answer = await client.fetch(`${endpoint}${pathname}${search}`, {
        method: request.method,
        ...(range === null ? {} : { headers: { range } }),
      });
      const headers = new Headers();
      for (const name of PASSED_ON) {
        const value = answer.headers.get(name);
        if (value !== null) headers.set(name, value);
      }
      const body = request.method === 'HEAD' ? null : await answer.arrayBuffer();
      return new Response(body, { status: answer.status, headers });
    },
  });
  return {
    config: server.config,
    endpoint: `http://127.0.0.1:${gate.port}`,
    close: async () => {
      await gate.stop(true);
      await server.close();
    },
  };
}
