/** `bun ask.ts <url> <token> <folder> <case>`: asks for each user's timeline once, a few at a time. Prints an Asked. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isJsonObject } from '../../../schemas/event.ts';
import { Histogram } from '../../load/histogram.ts';
import { CASES, type Case, QUESTIONS, usersOf } from './files.ts';

export const CONNECTIONS = 4;

export interface Asked {
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly users: number;
  /** Over all answers. */
  readonly events: number;
  /** Over the message ids of all answers, in order. */
  readonly checksum: string;
}

const QUERY = `query ($id: ID!, $types: [EventType!], $from: DateTime, $to: DateTime, $first: Int) {
  user(id: $id) { events(types: $types, from: $from, to: $to, first: $first) {
    nodes { messageId source type event name timestamp properties } } } }`;

if (import.meta.main) {
  const [url = '', token = '', folder = '', wanted] = process.argv.slice(2);
  const name = CASES.find((one) => one === wanted) ?? 'any';
  const asked = await ask(url, token, readUsers(folder, name), name);
  process.stdout.write(`${JSON.stringify(asked)}\n`);
}

async function ask(url: string, token: string, users: readonly string[], name: Case): Promise<Asked> {
  const histogram = new Histogram();
  const answers: string[][] = [];
  let turn = 0;
  const lane = async (): Promise<void> => {
    for (let place = turn++; place < users.length; place = turn++) {
      const body = JSON.stringify({ query: QUERY, variables: { id: users[place], ...QUESTIONS[name] } });
      const start = Bun.nanoseconds();
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body,
      });
      const text = await response.text();
      histogram.add((Bun.nanoseconds() - start) / 1_000);
      answers[place] = messageIds(text);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, lane));
  return {
    p50_ms: histogram.quantile(0.5),
    p99_ms: histogram.quantile(0.99),
    users: users.length,
    events: answers.reduce((sum, ids) => sum + ids.length, 0),
    checksum: createHash('sha256').update(JSON.stringify(answers)).digest('hex').slice(0, 16),
  };
}

function readUsers(folder: string, name: Case): string[] {
  const lists: unknown = JSON.parse(readFileSync(usersOf(folder), 'utf8'));
  const list = isJsonObject(lists) ? lists[name] : null;
  if (!Array.isArray(list)) throw new Error(`No users for "${name}".`);
  return list.map(String);
}

function messageIds(text: string): string[] {
  let content: unknown = JSON.parse(text);
  for (const name of ['data', 'user', 'events', 'nodes']) content = isJsonObject(content) ? content[name] : null;
  if (!Array.isArray(content)) throw new Error(`Not a timeline: ${text.slice(0, 300)}`);
  return content.map((node) => String(isJsonObject(node) ? node.messageId : null));
}
