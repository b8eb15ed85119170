/** From `context` to columns. A string leaves the JSON text only where its column holds exactly it. */
import type { EventRow } from '../../schemas/columns.ts';
import { PROMOTED_CAMPAIGN, PROMOTED_PAGE, type PromotedFields } from '../../schemas/context.ts';
import { isJsonObject, type JsonObject } from '../../schemas/event.ts';
import { setField } from './set-field.ts';
import { jsonText, promotedText } from './text.ts';
import { type Agent, NO_AGENT, readAgent } from './user-agent.ts';

/** Fills the columns of `row` that come from `context`; those of the request stay where `context` has no better. */
export function promoteContext(row: EventRow, context: JsonObject): void {
  const left: JsonObject = {};
  for (const key in context) {
    const rest = promote(row, key, context[key]);
    if (rest !== undefined) setField(left, key, rest);
  }
  // Where the column keeps the header of the request, this says that `context` had none.
  if (context.userAgent === undefined && row.user_agent !== null) left.userAgent = null;
  row.context = jsonText(left);
}

/** @returns what the JSON text keeps of a field; undefined where columns hold all of it. */
function promote(row: EventRow, key: string, sent: unknown): unknown {
  switch (key) {
    case 'page':
      return isJsonObject(sent) ? promoteFields(row, sent, PROMOTED_PAGE) : sent;
    case 'campaign':
      return isJsonObject(sent) ? promoteFields(row, sent, PROMOTED_CAMPAIGN) : sent;
    case 'library':
      return isJsonObject(sent) ? promoteLibrary(row, sent) : sent;
    case 'userAgent':
      return promoteUserAgent(row, sent);
    case 'locale':
      row.locale = promotedText(sent);
      return isWhole(row.locale, sent) ? undefined : sent;
    // Both have another origin too, and are rare in `context`, so they also stay in the text.
    case 'groupId':
      row.group_id ??= promotedText(sent);
      return sent;
    case 'ip':
      row.ip = promotedText(sent) ?? row.ip;
      return sent;
    default:
      return sent;
  }
}

function isWhole(column: string | null, sent: unknown): boolean {
  return column !== null && column === sent;
}

function promoteFields(row: EventRow, sent: JsonObject, fields: PromotedFields): JsonObject | undefined {
  let moved = 0;
  for (const [key, column] of fields) {
    row[column] = promotedText(sent[key]);
    if (isWhole(row[column], sent[key])) moved += 1;
  }
  if (moved === 0) return sent;
  if (moved === Object.keys(sent).length) return undefined;
  // Fields that are undefined leave no text; deleting them would make every access slow.
  const left = { ...sent };
  for (const [key, column] of fields) if (isWhole(row[column], sent[key])) left[key] = undefined;
  return left;
}

/** `name/version`, or `name`. The last slash parts them, so a version with a slash, or a bare name with one, stays. */
function promoteLibrary(row: EventRow, sent: JsonObject): JsonObject | undefined {
  const name = promotedText(sent.name);
  const version = promotedText(sent.version);
  if (name === null) return sent;
  const shown = version === null ? name : `${name}/${version}`;
  row.library = promotedText(shown);
  if (row.library !== shown || name !== sent.name) return sent;
  if (version === null) {
    if (name.includes('/')) return sent;
    return Object.keys(sent).length === 1 ? undefined : { version: sent.version, ...sent, name: undefined };
  }
  if (version !== sent.version || version.includes('/')) return sent;
  return Object.keys(sent).length === 2 ? undefined : { ...sent, name: undefined, version: undefined };
}

function promoteUserAgent(row: EventRow, sent: unknown): unknown {
  const userAgent = promotedText(sent);
  if (userAgent !== null) setAgent(row, readAgent(userAgent));
  else if (sent === null) setAgent(row, NO_AGENT);
  return isWhole(userAgent, sent) ? undefined : sent;
}

function setAgent(row: EventRow, agent: Agent): void {
  row.user_agent = agent.userAgent;
  row.browser = agent.browser;
  row.os = agent.os;
  row.device = agent.device;
  row.bot = agent.bot;
}
