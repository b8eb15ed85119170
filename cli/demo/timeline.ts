/** One user's newest events, asked for over GraphQL as a service would. */
import { isJsonObject, type JsonObject } from '../../schemas/event.ts';
import { formatRows } from '../terminal/rows.ts';

const NEWEST = 12;
const COLUMNS = ['time', 'source', 'type', 'what'].map((name) => ({ name }));

const TIMELINE_QUERY = `query Timeline($id: ID!) {
  user(id: $id) {
    events(first: ${NEWEST}) {
      asOf
      nodes { timestamp source type event name }
    }
  }
}`;

/** @throws Error with the server's own words, where it gives no timeline */
export async function timelineTable(url: string, readToken: string, id: string): Promise<string> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${readToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: TIMELINE_QUERY, variables: { id } }),
  });
  const text = await response.text();
  const events = find(JSON.parse(text), 'data', 'user', 'events');
  if (!Array.isArray(events?.nodes)) throw new Error(`The timeline could not be read (${response.status}): ${text}`);
  const rows = events.nodes.filter(isJsonObject).map((node) => {
    return [node.timestamp, node.source, node.type, node.event ?? node.name ?? ''].map(String);
  });
  return formatRows({ columns: COLUMNS, rows }, 'table');
}

function find(content: unknown, ...path: string[]): JsonObject | null {
  let place = content;
  for (const name of path) place = isJsonObject(place) ? place[name] : null;
  return isJsonObject(place) ? place : null;
}
