/** The calls of the shop, by the Segment spec, and how they look on the wire. */
import type { JsonObject } from '../../schemas/event.ts';

export const SOURCES = ['web', 'ios', 'android', 'server'] as const;
export type Source = (typeof SOURCES)[number];

export interface Context {
  ip: string;
  userAgent: string;
  library: { name: string; version: string };
  locale?: string;
  page?: { path: string; title: string; url: string; search?: string; referrer?: string };
  campaign?: { name: string; source: string; medium: string };
  app?: { name: string; version: string };
  device?: { id: string; model: string; type: string };
  os?: { name: string; version: string };
  network?: { wifi: boolean };
  /** The company that a business customer acts for. */
  groupId?: string;
}

interface Who {
  anonymousId: string;
  userId?: string;
}

export type Body =
  | { type: 'track'; event: string; properties: JsonObject }
  | { type: 'page' | 'screen'; name: string; properties: JsonObject }
  | { type: 'identify'; userId: string; traits: JsonObject }
  | { type: 'group'; groupId: string; traits: JsonObject }
  | { type: 'alias'; userId: string; previousId: string };

export type ShopCall = Body &
  Who & {
    source: Source;
    messageId: string;
    /** ISO 8601, UTC. */
    timestamp: string;
    context: Context;
  };

/** The event as an SDK puts it on the wire: all of the call but its source, which the write key names. */
export function wireEvent(call: ShopCall): JsonObject {
  const { source: _, ...event } = call;
  return { ...event, integrations: {}, _metadata: { jsRuntime: 'node', nodeVersion: '24.21.0' } };
}

/** The user key: who the call is filed under. */
export function userKey(call: ShopCall): string {
  return call.userId ?? call.anonymousId;
}

/** The group the call counts for: its own, else that of its context. */
export function groupOf(call: ShopCall): string | null {
  return call.type === 'group' ? call.groupId : (call.context.groupId ?? null);
}
