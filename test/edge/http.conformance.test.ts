import { describeHttp } from '../conformance/http/suite.ts';
import { openEdge, PUBLIC_KEY, SECRET_KEY } from './support.ts';

const keys = { publicKey: PUBLIC_KEY, secretKey: SECRET_KEY };

describeHttp('in memory', async () => {
  const { fetch } = await openEdge();
  return { ...keys, fetch, baseUrl: 'http://inlet.test', close: async () => undefined };
});

describeHttp('Bun.serve', async () => {
  const edge = await openEdge();
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: edge.fetch });
  return {
    ...keys,
    fetch: (request) => fetch(request),
    baseUrl: `http://127.0.0.1:${server.port}`,
    close: () => server.stop(true),
  };
});
