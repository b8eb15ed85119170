/** `bun bare.ts <database>`: ranges of a primary key, one for each key of the person, as JSON over HTTP. The least that answering a timeline takes. */
import { Database } from 'bun:sqlite';
import { isJsonObject } from '../../../schemas/event.ts';

const database = new Database(process.argv[2] ?? '', { readonly: true });
const lookup = database.query<{ answer: string }, [string, number, number, string | null, number]>(
  `select answer from events
     where user_key in (select user_key from persons where asked = ?1) and timestamp >= ?2 and timestamp < ?3
       and (?4 is null or type in (select value from json_each(?4)))
     order by timestamp desc, source, message_id limit ?5`,
);

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    const body: unknown = await request.json();
    const { id, from, to, types, first } = isJsonObject(body) && isJsonObject(body.variables) ? body.variables : {};
    const earliest = from === undefined ? 0 : Date.parse(String(from));
    const latest = to === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(String(to));
    const wanted = types === undefined ? null : JSON.stringify(types);
    const rows = lookup.all(String(id), earliest, latest, wanted, Number(first));
    return new Response(`{"data":{"user":{"events":{"nodes":[${rows.map(({ answer }) => answer).join()}]}}}}`, {
      headers: { 'content-type': 'application/json' },
    });
  },
});
process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.port}` })}\n`);
