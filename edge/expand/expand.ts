/** From a pack to rows: one for each of its events, in order. The same pack always gives the same rows. */
import type { EventRow } from '../../schemas/columns.ts';
import { ERRORS, type ErrorCode } from '../../schemas/errors.ts';
import { EVENT_RETRACTED, isEventType, isJsonObject, type JsonObject, retractionTarget } from '../../schemas/event.ts';
import type { Pack, Part } from '../enqueue/pack.ts';
import { type Arrival, readArrival } from './arrival.ts';
import { eventRow, type Shared } from './event-row.ts';
import { failedRow } from './failed-row.ts';
import { retractionRow } from './retraction-row.ts';
import { decodeText, jsonText } from './text.ts';

/** A code that this version does not know counts as a rejection: a failed event can be replayed, a wrong one not undone. */
const WARNINGS: ReadonlySet<string> = new Set(
  Object.entries(ERRORS).flatMap(([code, { scope }]) => (scope === 'warning' ? [code] : [])),
);

const encoder = new TextEncoder();

/** Whatever the content, this throws nothing: what cannot be read becomes a failed event. */
export function expandPack(pack: Pack): EventRow[] {
  const rows: EventRow[] = [];
  for (const part of pack.parts) expandPart(part, pack.header.id, rows);
  return rows;
}

function expandPart(part: Part, packId: string, rows: EventRow[]): void {
  const { header, body } = part;
  const arrival = readArrival(packId, header);
  const codes = new Map<number, string>(header.verdicts);
  const opened = openPart(part);
  if ('code' in opened) {
    rows.push(failedRow(arrival, rows.length, codes.get(0) ?? opened.code, body, header.original));
    return;
  }
  opened.events.forEach((event, index) => {
    rows.push(expandEvent(part, arrival, rows.length, event, opened.shared, codes.get(index) ?? null));
  });
}

type OpenedPart = { events: unknown[]; shared: Shared } | { code: ErrorCode };

const NOTHING_SHARED: Shared = { context: null, integrations: null };

function openPart({ header, body }: Part): OpenedPart {
  if (header.form === 'raw') return { code: 'body_not_json' };
  let json: unknown;
  try {
    json = JSON.parse(decodeText(body));
  } catch {
    return { code: 'body_not_json' };
  }
  if (header.form === 'single') return { events: [json], shared: NOTHING_SHARED };
  if (!isJsonObject(json)) return { code: 'body_not_object' };
  if (!Array.isArray(json.batch)) return { code: 'batch_missing' };
  if (json.batch.length === 0) return { code: 'batch_empty' };
  return { events: json.batch, shared: { context: objectOf(json.context), integrations: objectOf(json.integrations) } };
}

function objectOf(value: unknown): JsonObject | null {
  return isJsonObject(value) ? value : null;
}

function expandEvent(
  { header, body }: Part,
  arrival: Arrival,
  index: number,
  event: unknown,
  shared: Shared,
  code: string | null,
): EventRow {
  const fail = (reason: string) =>
    failedRow(arrival, index, reason, header.form === 'single' ? body : encoder.encode(jsonText(event)));
  if (code !== null && !WARNINGS.has(code)) return fail(code);
  // The edge has checked these; here they only keep a fault of the edge out of the lake.
  if (!isJsonObject(event)) return fail('event_not_object');
  const type = header.type ?? event.type;
  if (!isEventType(type)) return fail('type_unknown');
  const row = eventRow(arrival, index, type, event, shared, code);
  if (type !== 'track' || row.event !== EVENT_RETRACTED) return row;
  // Packs of an edge that knew no retractions may hold them under any key.
  if (header.secret !== true) return fail('retraction_forbidden');
  const target = retractionTarget(event.properties);
  return target === null ? fail('retraction_target_missing') : retractionRow(row, target);
}
