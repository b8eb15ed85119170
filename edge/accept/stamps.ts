/** What the edge says of a request, beside the body that the client wrote. */
import type { Config } from '../../schemas/config.ts';
import type { RequestStamps } from '../enqueue/split.ts';
import type { Caller } from './caller.ts';
import type { WriteKey } from './keys.ts';
import type { Call } from './paths.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** A public key must not be able to re-state history; clocks of servers are believed, and imports are about the past. */
export function stampsOf(
  key: WriteKey,
  call: Call,
  receivedAt: number,
  caller: Caller,
  config: Pick<Config, 'late_days' | 'skew_minutes'>,
): RequestStamps {
  const stamps: RequestStamps = { source: key.source, receivedAt };
  if (call !== 'import') stamps.oldest = receivedAt - config.late_days * DAY_MS;
  if (key.kind === 'public') stamps.skewMs = config.skew_minutes * MINUTE_MS;
  else stamps.secret = true;
  return Object.assign(stamps, caller);
}
