/** From columns back to `context`: the inverse of `promoteContext`. */
import type { EventRow } from '../../schemas/columns.ts';
import { isJsonObject, type JsonObject } from '../../schemas/event.ts';
import { PROMOTED_CAMPAIGN, PROMOTED_PAGE, type PromotedFields } from './promoted.ts';

/** @returns `context` as sent, key order aside; null where the event had none. */
export function restoreContext(row: EventRow): JsonObject | null {
  const context: unknown = row.context === null ? null : JSON.parse(row.context);
  if (!isJsonObject(context)) return null;
  restoreFields(row, context, 'page', PROMOTED_PAGE);
  restoreFields(row, context, 'campaign', PROMOTED_CAMPAIGN);
  restoreLibrary(row, context);
  if (row.locale !== null) context.locale ??= row.locale;
  if (row.user_agent !== null) {
    if (context.userAgent === null) delete context.userAgent;
    else context.userAgent ??= row.user_agent;
  }
  return context;
}

function restoreFields(row: EventRow, context: JsonObject, name: 'page' | 'campaign', fields: PromotedFields): void {
  for (const [key, column] of fields) {
    if (row[column] === null) continue;
    context[name] ??= {};
    if (isJsonObject(context[name])) context[name][key] ??= row[column];
  }
}

function restoreLibrary(row: EventRow, context: JsonObject): void {
  if (row.library === null) return;
  context.library ??= {};
  if (!isJsonObject(context.library) || context.library.name !== undefined) return;
  const slash = row.library.lastIndexOf('/');
  context.library.name = slash < 0 ? row.library : row.library.slice(0, slash);
  if (slash >= 0) context.library.version = row.library.slice(slash + 1);
}
