/** Packs for tests. */
import type { Pack, Part } from '../../edge/enqueue/pack.ts';
import { expandPack } from '../../edge/expand/expand.ts';
import type { EventRow } from '../../schemas/columns.ts';
import type { PartHeader } from '../../schemas/pack.ts';

export const PACK_ID = '01234567-89ab-8cde-8000-000000000001';
export const RECEIVED_AT = Date.UTC(2026, 6, 1, 12);

const encoder = new TextEncoder();

/** @param body text or bytes as they are, anything else as JSON */
export function part(form: PartHeader['form'], body: unknown, header: Partial<PartHeader> = {}): Part {
  const bytes =
    body instanceof Uint8Array ? body : encoder.encode(typeof body === 'string' ? body : JSON.stringify(body));
  return {
    header: { bytes: bytes.length, form, count: 1, source: 'shop', receivedAt: RECEIVED_AT, ...header },
    body: bytes,
  };
}

export function packOf(parts: Part[]): Pack {
  return { header: { format: 1, id: PACK_ID, accepted: 0, rejected: 0 }, parts };
}

export function expandParts(...parts: Part[]): EventRow[] {
  return expandPack(packOf(parts));
}

/** The row of one track call. */
export function trackRow(event: object, header: Partial<PartHeader> = {}): EventRow {
  const sent = { event: 'Clicked', userId: 'ada', messageId: 'm1', ...event };
  const [row] = expandParts(part('single', sent, { type: 'track', ...header }));
  if (row === undefined) throw new Error('no row');
  return row;
}
