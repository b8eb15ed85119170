/** What a browser SDK that knows nothing but its key asks for first. */
import { InletError } from '../../schemas/errors.ts';
import { jsonAnswer } from './answer.ts';
import type { Keys } from './keys.ts';

/** @throws InletError write_key_unknown or authority_away */
export async function settings(request: Request, writeKey: string, keys: Keys): Promise<Response> {
  if ((await keys.find(writeKey)) === null) throw new InletError('write_key_unknown');
  const apiHost = `${new URL(request.url).host}/v1`;
  const body = { integrations: { 'Segment.io': { apiKey: writeKey, apiHost } } };
  return jsonAnswer(request, 200, JSON.stringify(body));
}
