/** What is to be had at most: Bun and Hono read the body, parse it and answer 202. */
import { Hono } from 'hono';

const app = new Hono();
app.post('*', async (context) => {
  await context.req.json();
  return context.body(null, 202);
});

const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: app.fetch });
process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.port}` })}\n`);
