/** Parts into packs: as few as the limits of a queue message allow. Pure but for the ids it takes. */
import type { Compressor } from '../../platform/ports.ts';
import { PACK_BYTES_INFLATED_MAX, PACK_BYTES_MAX, PACK_FORMAT, type PackHeader } from '../../schemas/pack.ts';
import { encodeWritten, type Part, type WrittenPart, writePart } from './pack.ts';
import { rejectedIn } from './part-header.ts';

/** Room for the header of a pack. */
const PACK_HEADER_BYTES_MAX = 256;

/** Largest body of a part: with its header it fits a pack that does not compress at all. */
export const PART_BODY_BYTES_MAX = 120_000;

/**
 * Each pack in the form in which it is sent, at most PACK_BYTES_MAX long, in the order of the parts.
 *
 * @param nextId gives the id of the next pack; ids are taken only for packs that come out, as a gap means a lost pack
 */
export function writePacks(parts: readonly Part[], nextId: () => string, compressor: Compressor | null): Uint8Array[] {
  const bytes_max = compressor === null ? PACK_BYTES_MAX : PACK_BYTES_INFLATED_MAX;
  return fillGroups(parts.map(writePart), bytes_max - PACK_HEADER_BYTES_MAX).flatMap((group) =>
    writeGroup(group, nextId(), nextId, compressor),
  );
}

/** Neighbours together, as many as fit; a part that is too large on its own stands alone. */
export function fillGroups(parts: readonly WrittenPart[], bytes_max: number): WrittenPart[][] {
  const groups: WrittenPart[][] = [];
  let group: WrittenPart[] = [];
  let bytes = 0;
  for (const part of parts) {
    if (group.length > 0 && bytes + part.bytes > bytes_max) {
      groups.push(group);
      group = [];
      bytes = 0;
    }
    group.push(part);
    bytes += part.bytes;
  }
  if (group.length > 0) groups.push(group);
  return groups;
}

/** How far a group compresses is known only afterwards: one that stays too large goes in two halves. */
function writeGroup(
  group: readonly WrittenPart[],
  id: string,
  nextId: () => string,
  compressor: Compressor | null,
): Uint8Array[] {
  const bytes = encodeWritten(headerOf(id, group), group, compressor);
  if (bytes.length <= PACK_BYTES_MAX) return [bytes];
  if (group.length === 1) throw new Error(`A part of ${bytes.length} bytes fits no pack; its owner has to split it.`);
  const middle = Math.ceil(group.length / 2);
  return [
    ...writeGroup(group.slice(0, middle), id, nextId, compressor),
    ...writeGroup(group.slice(middle), nextId(), nextId, compressor),
  ];
}

function headerOf(id: string, group: readonly WrittenPart[]): PackHeader {
  let events = 0;
  let rejected = 0;
  for (const { part } of group) {
    events += part.header.count;
    rejected += rejectedIn(part.header);
  }
  return { format: PACK_FORMAT, id, accepted: events - rejected, rejected };
}
