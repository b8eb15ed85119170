/** A page of ids in their order, out of candidates of which some do not count. */
import { InletError } from '../../schemas/errors.ts';

export interface Candidate {
  readonly id: string;
  readonly counts: boolean;
}

interface Ids {
  readonly ids: readonly string[];
  readonly hasNextPage: boolean;
  /** The next page begins behind it; null where nothing was looked at. */
  readonly end: string | null;
}

export interface IdPage extends Ids {
  /** The page that begins behind this id has it as `after`. */
  cursor(id: string): string;
  /** Every event acknowledged before this time is in the answer, epoch milliseconds. */
  readonly asOf: number;
}

/** @param what a page holds. @throws InletError page_too_large */
export function checkFirst(first: number, what: string, most: number): void {
  if (!(first >= 1 && first <= most)) throw new InletError('page_too_large', { detail: `of ${what} at most ${most}` });
}

/**
 * Looks on until the page is full and one more is known, or so many were looked at: then the page comes short.
 *
 * @param after empty for the first page
 * @param look candidates behind that one, in order; fewer than asked for where there are no more
 */
export async function pageOf(
  first: number,
  after: string,
  looksMax: number,
  look: (after: string, limit: number) => Promise<readonly Candidate[]>,
): Promise<Ids> {
  const ids: string[] = [];
  let end: string | null = null;
  for (let looked = 0; looked < looksMax; ) {
    const limit = Math.min(first + 1 - ids.length, looksMax - looked);
    const candidates = await look(end ?? after, limit);
    for (const { id, counts } of candidates) {
      if (counts && ids.length === first) return { ids, hasNextPage: true, end: ids.at(-1) ?? null };
      if (counts) ids.push(id);
      end = id;
    }
    if (candidates.length < limit) return { ids, hasNextPage: false, end: ids.at(-1) ?? end };
    looked += candidates.length;
  }
  return { ids, hasNextPage: true, end };
}
