/** Groups over all users, and who is in them. */
import { GROUPS_FIRST, readGroups } from '../../identity/groups.ts';
import { MEMBERS_FIRST, readMembers } from '../../identity/members.ts';
import type { Membership } from '../../identity/memberships.ts';
import type { IdPage } from '../../identity/page.ts';
import type { LoadersOf } from '../loaders.ts';
import { nodeId } from '../node-id.ts';
import type { QueryServices } from '../services.ts';
import { type Connection, connectionFields } from './connection.ts';

interface Group {
  /** As it was asked for. */
  readonly id: string;
}

interface IdConnection extends Connection<{ readonly id: string }> {
  readonly asOf: number;
}

interface PageArguments {
  readonly first?: number | null;
  readonly after?: string | null;
}

export function groupResolvers(services: QueryServices, loadersOf: LoadersOf) {
  const seenOf = ({ id }: Group, context: object) => loadersOf(context).groupSeen.load(id);
  return {
    Query: {
      group: (_root: unknown, { id }: Group): Group => ({ id }),
      groups: async (_root: unknown, { first, after }: PageArguments): Promise<IdConnection> => {
        const query = { first: first ?? GROUPS_FIRST.by_default, after: after ?? null };
        return connection(await readGroups(services.index, query, () => services.asOf()), query.after);
      },
    },
    Group: {
      nodeId: ({ id }: Group) => nodeId('Group', id),
      traits: ({ id }: Group, _args: unknown, context: object) => loadersOf(context).groupTraits.load(id),
      firstSeen: async (group: Group, _args: unknown, context: object) => (await seenOf(group, context)).first,
      lastSeen: async (group: Group, _args: unknown, context: object) => (await seenOf(group, context)).last,
      members: async ({ id }: Group, { first, after }: PageArguments): Promise<IdConnection> => {
        const query = { group: id, first: first ?? MEMBERS_FIRST.by_default, after: after ?? null };
        return connection(await readMembers(services.index, query, () => services.asOf()), query.after);
      },
    },
    Membership: {
      group: ({ id }: Membership): Group => ({ id }),
    },
    GroupConnection: connectionFields<Group>(),
    UserConnection: connectionFields<Group>(),
  };
}

function connection({ ids, cursor, hasNextPage, end, asOf }: IdPage, after: string | null): IdConnection {
  return {
    edges: ids.map((id) => ({
      node: { id },
      get cursor() {
        return cursor(id);
      },
    })),
    isFirst: after === null,
    hasNextPage,
    endCursor: end === null ? null : cursor(end),
    asOf,
  };
}
