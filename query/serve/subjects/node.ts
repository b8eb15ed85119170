/** Any object by the id that no other has. */
import { InletError } from '../../../schemas/errors.ts';
import { readEvent } from '../../resolve/event.ts';
import { decodeOpaque } from '../../resolve/opaque.ts';
import type { NodeType } from '../node-id.ts';
import type { QueryServices } from '../services.ts';
import { readFailedEvent } from './failed-events.ts';

export function nodeResolvers(services: QueryServices) {
  return {
    Query: {
      node: (_root: unknown, { id }: { id: string }) => readNode(services, id),
    },
    Node: {
      __resolveType: ({ __typename }: { __typename: NodeType }) => __typename,
    },
  };
}

async function readNode(services: QueryServices, id: string): Promise<object | null> {
  const [type, ...rest] = decodeOpaque(id) ?? [];
  const [first, second, third] = rest;
  let node: object | null | undefined;
  if ((type === 'User' || type === 'Group') && typeof first === 'string') node = { id: first };
  if (type === 'Event' && typeof first === 'string') node = await readEvent(services.index, first, services.timeline);
  if (type === 'FailedEvent' && typeof first === 'number' && typeof second === 'string' && typeof third === 'number') {
    node = await readFailedEvent(services, { receivedAt: first, packId: second, packIndex: third });
  }
  if (node === undefined) throw new InletError('id_invalid');
  return node === null ? null : { ...node, __typename: type };
}
