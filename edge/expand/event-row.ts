/** An accepted event: the Segment call as columns. */
import type { EventRow } from '../../schemas/columns.ts';
import { type EventType, isJsonObject, type JsonObject } from '../../schemas/event.ts';
import { parseTime, placeInTime } from '../check/time.ts';
import { type Arrival, arrivedRow } from './arrival.ts';
import { otherText } from './other.ts';
import { readProducts } from './products.ts';
import { promoteContext } from './promote-context.ts';
import { jsonText, text } from './text.ts';

export interface Shared {
  readonly context: JsonObject | null;
  readonly integrations: JsonObject | null;
}

/**
 * @param shared what the batch says for each event where the event's own does not say otherwise
 * @param warning the code behind a verdict `warning`, else null
 */
export function eventRow(
  arrival: Arrival,
  index: number,
  type: EventType,
  event: JsonObject,
  shared: Shared,
  warning: string | null,
): EventRow {
  const row = arrivedRow(arrival, index);
  row.message_id = text(event.messageId) ?? row.message_id;
  row.type = type;
  row.verdict = warning === null ? 'ok' : 'warning';
  row.verdict_code = warning;
  row.user_id = text(event.userId);
  row.anonymous_id = text(event.anonymousId);
  row.user_key = row.user_id ?? row.anonymous_id ?? '';
  row.group_id = text(event.groupId);
  row.previous_id = text(event.previousId);
  place(row, event, arrival);

  const properties = isJsonObject(event.properties) ? event.properties : null;
  if (type === 'track') row.event = text(event.event);
  // Some SDKs name a page in its properties only.
  if (type === 'page' || type === 'screen') row.name = text(event.name) ?? text(properties?.name);
  if (properties !== null) {
    row.properties = jsonText(properties);
    row.products = readProducts(properties);
  }

  const context = mergeContext(event.context, shared.context);
  if (context !== null) promoteContext(row, context);
  if (isJsonObject(event.traits)) row.traits = jsonText(event.traits);
  else if (type === 'identify' && isJsonObject(context?.traits)) row.traits = jsonText(context.traits);
  row.other = otherText(event, type, shared.integrations);
  return row;
}

function place(row: EventRow, event: JsonObject, { header }: Arrival): void {
  row.sent_at = parseTime(event.sentAt) ?? row.sent_at;
  const placed = placeInTime(event.timestamp ?? event.originalTimestamp, {
    receivedAt: header.receivedAt,
    sentAt: row.sent_at,
    oldest: header.oldest ?? null,
    skewMs: header.skewMs ?? null,
  });
  row.timestamp = placed.timestamp;
  row.original_timestamp = placed.originalTimestamp;
}

function mergeContext(own: unknown, shared: JsonObject | null): JsonObject | null {
  if (!isJsonObject(own)) return shared;
  return shared === null ? own : { ...shared, ...own };
}
