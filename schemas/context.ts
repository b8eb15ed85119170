/**
 * How rows hold the `context` of an event: some of its strings have columns of their own, `context` is the JSON text of
 * what is left, and `restoreContext` puts the two together.
 */
import type { EventRow } from './columns.ts';
import { isJsonObject, type JsonObject } from './event.ts';

export const PROMOTED_PAGE = [
  ['url', 'page_url'],
  ['path', 'page_path'],
  ['title', 'page_title'],
  ['referrer', 'page_referrer'],
] as const;

export const PROMOTED_CAMPAIGN = [
  ['source', 'campaign_source'],
  ['medium', 'campaign_medium'],
  ['name', 'campaign_name'],
] as const;

export type PromotedFields = typeof PROMOTED_PAGE | typeof PROMOTED_CAMPAIGN;
export type PromotedColumn = PromotedFields[number][1] | 'library' | 'locale' | 'user_agent';

/**
 * @param rest what `context` holds, parsed; it stays as it is, as others may share it
 * @returns `context` as sent, key order aside; null where the event had none
 */
export function restoreContext(row: Pick<EventRow, PromotedColumn>, rest: unknown): JsonObject | null {
  if (!isJsonObject(rest)) return null;
  const context = { ...rest };
  restoreFields(row, context, 'page', PROMOTED_PAGE);
  restoreFields(row, context, 'campaign', PROMOTED_CAMPAIGN);
  if (row.library !== null) context.library = restoreLibrary(row.library, context.library ?? {});
  if (row.locale !== null) context.locale ??= row.locale;
  if (row.user_agent !== null) {
    if (context.userAgent === null) delete context.userAgent;
    else context.userAgent ??= row.user_agent;
  }
  return context;
}

function restoreFields(
  row: Pick<EventRow, PromotedColumn>,
  context: JsonObject,
  name: 'page' | 'campaign',
  fields: PromotedFields,
): void {
  const moved = fields.filter(([, column]) => row[column] !== null);
  const held = context[name] ?? {};
  if (moved.length === 0 || !isJsonObject(held)) return;
  const restored = { ...held };
  for (const [key, column] of moved) restored[key] ??= row[column];
  context[name] = restored;
}

function restoreLibrary(library: string, held: unknown): unknown {
  if (!isJsonObject(held) || held.name !== undefined) return held;
  const slash = library.lastIndexOf('/');
  if (slash < 0) return { ...held, name: library };
  return { ...held, name: library.slice(0, slash), version: library.slice(slash + 1) };
}
