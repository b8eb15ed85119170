/** Ids that no two objects share: the type and what the type calls it. */
import { encodeOpaque } from '../resolve/opaque.ts';

export type NodeType = 'User' | 'Group' | 'Event' | 'FailedEvent';

export function nodeId(type: NodeType, ...id: readonly (string | number)[]): string {
  return encodeOpaque([type, ...id]);
}
