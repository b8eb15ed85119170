/** The paths of the Segment HTTP tracking API: each stands alone and under /v1. */
import type { EventType } from '../../schemas/event.ts';

/** What a path asks for: one event of a type, a batch, or an import of old events. */
export type Call = EventType | 'batch' | 'import';

export const CALLS: Readonly<Record<string, Call>> = {
  '/track': 'track',
  '/identify': 'identify',
  '/page': 'page',
  '/screen': 'screen',
  '/group': 'group',
  '/alias': 'alias',
  '/batch': 'batch',
  '/import': 'import',
  '/t': 'track',
  '/i': 'identify',
  '/p': 'page',
  '/s': 'screen',
  '/g': 'group',
  '/a': 'alias',
  '/b': 'batch',
};

/** Where SDKs report on themselves. */
export const METRICS_PATH = '/m';
/** Where browser SDKs ask how they are set up. */
export const SETTINGS_PATH = '/projects/:key/settings';

export const PREFIXES = ['', '/v1'] as const;

/** @returns the method that a path takes, or null where there is no such path. */
export function methodOf(path: string): 'POST' | 'GET' | null {
  const bare = path.replace(/^\/v1(?=\/)/, '').replace(/\/$/, '');
  if (Object.hasOwn(CALLS, bare) || bare === METRICS_PATH) return 'POST';
  return /^\/projects\/[^/]+\/settings$/.test(bare) ? 'GET' : null;
}
