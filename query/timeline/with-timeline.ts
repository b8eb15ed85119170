import { InletError } from '../../schemas/errors.ts';
import type { TimelineSnapshot } from '../../schemas/timeline.ts';
import { TimelineGoneError, type TimelineSource } from './files.ts';

const ATTEMPTS_MAX = 3;

/**
 * Reads with one version of the timeline. When it expires meanwhile, the reading starts anew with the newest.
 *
 * @param wanted the version that the pages before read, 0 for none; null on page one. @param least an older one misses events
 * @throws InletError index_away where the files cannot be read
 */
export async function withTimeline<Answer>(
  source: TimelineSource | null,
  wanted: number | null,
  least: number,
  read: (timeline: TimelineSnapshot | null) => Promise<Answer>,
): Promise<Answer> {
  if (source === null) {
    if (least > 0)
      throw new InletError('index_away', { cause: new Error('Events have left for the timeline, and there is none') });
    return read(null);
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await read(await source.choose(wanted, least));
    } catch (error) {
      if (error instanceof InletError) throw error;
      if (!(error instanceof TimelineGoneError) || attempt === ATTEMPTS_MAX) {
        throw new InletError('index_away', { cause: error });
      }
      source.refresh();
      await source.renew();
    }
  }
}
