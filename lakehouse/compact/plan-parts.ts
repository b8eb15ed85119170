/** Which parts of the identity index to merge. Pure: the same index gives the same plan. */
import { type IdentityPart, UNTIMED } from '../catalog/identities.ts';

const DAY_MS = 86_400_000;
/** So many parts of about one size become one. */
const MERGE_PARTS = 8;
/** Parts up to this are of one size, rows; each further tier is `MERGE_PARTS` times as large. */
const TIER_ROWS = 4_096;
/** Larger ones are never merged. */
const MERGE_ROWS_MAX = 4_194_304;

/**
 * Parts are merged within a day of arrival, so that a part expires as a whole: of the newest day in tiers, so that a row
 * is written again about once a tier; of an earlier day into one, save that a large one waits until the small ones are
 * worth it. Ids with and without a time in them stay apart.
 *
 * @returns groups of parts that become one each
 */
export function planPartMerges(parts: readonly IdentityPart[]): IdentityPart[][] {
  const newest = Math.max(...parts.map(dayOf));
  const small = parts.filter(({ rows }) => rows < MERGE_ROWS_MAX);
  const groups = Map.groupBy(small, (part) => `${dayOf(part)} ${BigInt(part.identity_min) < UNTIMED}`);
  return [...groups.values()]
    .map((group) => (group[0] !== undefined && dayOf(group[0]) === newest ? fullTiers(group) : withoutLarge(group)))
    .filter((group) => group.length > 1);
}

/** The largest full tier takes the smaller ones with it. */
function fullTiers(parts: readonly IdentityPart[]): IdentityPart[] {
  const full = [...Map.groupBy(parts, tierOf)].filter(([, group]) => group.length >= MERGE_PARTS);
  const largest = Math.max(-1, ...full.map(([tier]) => tier));
  return parts.filter((part) => tierOf(part) <= largest);
}

/** The smallest ones, as far as none is much larger than those before it together. */
function withoutLarge(parts: readonly IdentityPart[]): IdentityPart[] {
  const taken: IdentityPart[] = [];
  let rows = 0;
  for (const part of parts.toSorted((left, right) => left.rows - right.rows)) {
    if (taken.length > 0 && part.rows > rows * MERGE_PARTS) break;
    taken.push(part);
    rows += part.rows;
  }
  return taken;
}

function tierOf({ rows }: IdentityPart): number {
  return Math.max(0, Math.ceil(Math.log(rows / TIER_ROWS) / Math.log(MERGE_PARTS)));
}

function dayOf({ received_before }: IdentityPart): number {
  return Math.floor((received_before - 1) / DAY_MS);
}
