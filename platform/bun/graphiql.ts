import { gzipSync } from 'node:zlib';

const DEFAULT_QUERY = `# Put your read token into "Headers" below.
query Timeline($id: ID!) {
  user(id: $id) {
    profile { name traits }
    events(first: 10) { nodes { type event timestamp properties } pageInfo { hasNextPage endCursor } asOf }
  }
}
`;
/** Everything is in the page: it may load nothing, and talk to its own server only. */
const POLICY = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval' blob:",
  "style-src 'unsafe-inline'",
  'img-src data: blob:',
  'font-src data:',
  'worker-src blob:',
  "connect-src 'self'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * GraphiQL as one page of 9 MB, 2.5 MB compressed, which needs no other server. It is made when the first browser asks, and kept
 * compressed.
 */
export function graphiqlPage(): () => Promise<Response> {
  let page: Promise<Uint8Array<ArrayBuffer>> | null = null;
  return async () => {
    page ??= renderPage();
    return new Response(await page, {
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'content-encoding': 'gzip',
        'content-security-policy': POLICY,
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      },
    });
  };
}

async function renderPage(): Promise<Uint8Array<ArrayBuffer>> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const html = renderGraphiQL({
    title: 'Inlet GraphQL',
    endpoint: '/graphql',
    defaultQuery: DEFAULT_QUERY,
    headers: JSON.stringify({ authorization: 'Bearer <read token>' }),
    shouldPersistHeaders: false,
    defaultEditorToolsVisibility: 'headers',
  });
  return Uint8Array.from(gzipSync(html));
}
