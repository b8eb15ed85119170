/** The first queries after a start would run in the interpreter, at several times the cost. */
const QUERIES = 300;

const QUERY = `{ user(id: "") { profile { traits } events(first: 50) {
  nodes { id messageId source type event name timestamp properties context } pageInfo { hasNextPage endCursor } asOf } } }`;

/** Asks what services ask, until the code that answers is compiled. Takes less than a second. */
export async function warmUp(
  fetch: (request: Request) => Response | Promise<Response>,
  readToken: string,
): Promise<void> {
  const body = JSON.stringify({ query: QUERY });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${readToken}` };
  for (let query = 0; query < QUERIES; query += 1) {
    await (await fetch(new Request('http://localhost/graphql', { method: 'POST', headers, body }))).text();
  }
}
