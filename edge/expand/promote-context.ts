/** From `context` to columns. A string leaves the JSON text only where its column holds exactly it. */
import type { EventRow } from '../../schemas/columns.ts';
import { PROMOTED_CAMPAIGN, PROMOTED_PAGE, type PromotedFields } from '../../schemas/context.ts';
import { isJsonObject, type JsonObject } from '../../schemas/event.ts';
import { jsonText, promotedText } from './text.ts';
import { type Agent, NO_AGENT, readAgent } from './user-agent.ts';

/** Fills the columns of `row` that come from `context`; those of the request stay where `context` has no better. */
export function promoteContext(row: EventRow, context: JsonObject): void {
  // Keys leave `rest` as undefined, which JSON.stringify skips: deleting them would make every access slow.
  const rest = { ...context };
  promoteFields(row, rest, 'page', PROMOTED_PAGE);
  promoteFields(row, rest, 'campaign', PROMOTED_CAMPAIGN);
  promoteLibrary(row, rest);
  promoteUserAgent(row, rest);
  row.locale = promotedText(context.locale);
  if (row.locale !== null && row.locale === context.locale) rest.locale = undefined;
  // Both have another origin too, and are rare in `context`, so they also stay in the text.
  row.group_id ??= promotedText(context.groupId);
  row.ip = promotedText(context.ip) ?? row.ip;
  row.context = jsonText(rest);
}

function promoteFields(row: EventRow, rest: JsonObject, name: 'page' | 'campaign', fields: PromotedFields): void {
  const sent = rest[name];
  if (!isJsonObject(sent)) return;
  const left = { ...sent };
  let moved = 0;
  for (const [key, column] of fields) {
    const value = sent[key];
    row[column] = promotedText(value);
    if (row[column] === null || row[column] !== value) continue;
    left[key] = undefined;
    moved += 1;
  }
  if (moved > 0) rest[name] = moved === Object.keys(sent).length ? undefined : left;
}

/** `name/version`, or `name`. The last slash parts them, so a version with a slash, or a bare name with one, stays. */
function promoteLibrary(row: EventRow, rest: JsonObject): void {
  const sent = rest.library;
  if (!isJsonObject(sent)) return;
  const { name, version, ...left } = sent;
  const shownName = promotedText(name);
  const shownVersion = promotedText(version);
  if (shownName === null) return;
  const shown = shownVersion === null ? shownName : `${shownName}/${shownVersion}`;
  row.library = promotedText(shown);
  if (row.library !== shown || shownName !== name) return;
  if (shownVersion === null) {
    if (!name.includes('/')) rest.library = emptied({ version, ...left });
  } else if (shownVersion === version && !version.includes('/')) {
    rest.library = emptied(left);
  }
}

function emptied(left: JsonObject): JsonObject | undefined {
  return Object.values(left).every((value) => value === undefined) ? undefined : left;
}

/** Where the column keeps the header of the request, `null` in the text says that `context` had none. */
function promoteUserAgent(row: EventRow, rest: JsonObject): void {
  const sent = rest.userAgent;
  const userAgent = promotedText(sent);
  if (userAgent !== null) {
    setAgent(row, userAgent, readAgent(userAgent));
    if (userAgent === sent) rest.userAgent = undefined;
  } else if (sent === null) {
    setAgent(row, null, NO_AGENT);
  } else if (sent === undefined && row.user_agent !== null) {
    rest.userAgent = null;
  }
}

function setAgent(row: EventRow, userAgent: string | null, agent: Agent): void {
  row.user_agent = userAgent;
  row.browser = agent.browser;
  row.os = agent.os;
  row.device = agent.device;
  row.bot = agent.bot;
}
