/**
 * Requests of every kind, and what they become. Each folder of `test/golden/requests` holds `request.json` (a body that
 * is no text is sent as JSON, `base64` as bytes) and `result.json`: the answer and the parts that were enqueued, with
 * bodies as text. After a wanted change, run with `-u` and read the difference.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEdge } from './support.ts';

const FOLDER = join(import.meta.dirname, '../golden/requests');

interface GoldenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: unknown;
  readonly base64?: string;
}

function contentOf({ body, base64 }: GoldenRequest): string | Uint8Array<ArrayBuffer> | null {
  if (base64 !== undefined) return new Uint8Array(Buffer.from(base64, 'base64'));
  if (body === undefined) return null;
  return typeof body === 'string' ? body : JSON.stringify(body);
}

test.each(readdirSync(FOLDER))('%s gives the result on file', async (name) => {
  const golden: GoldenRequest = JSON.parse(readFileSync(join(FOLDER, name, 'request.json'), 'utf8'));
  const edge = await openEdge();
  const { method, path, headers } = golden;
  const response = await edge.fetch(
    new Request(`http://inlet.test${path}`, { method, headers, body: contentOf(golden) }),
  );
  const text = await response.text();
  const result = {
    status: response.status,
    answer: text === '' ? null : JSON.parse(text),
    headers: Object.fromEntries([...response.headers].filter(([header]) => header !== 'content-type')),
    packs: (await edge.packs()).map(({ header: { accepted, rejected }, parts }) => ({
      accepted,
      rejected,
      parts: parts.map(({ header, body }) => ({
        header: { ...header, verdicts: Object.fromEntries(header.verdicts ?? []) },
        body: new TextDecoder().decode(body),
      })),
    })),
  };
  await expect(`${JSON.stringify(result, null, 2)}\n`).toMatchFileSnapshot(join(FOLDER, name, 'result.json'));
});
