/** Users and who they are. */
import { InletError } from '../../../schemas/errors.ts';
import { MEMBERSHIPS_FIRST } from '../../identity/memberships.ts';
import { checkFirst } from '../../identity/page.ts';
import { avatarOf, nameOf } from '../../resolve/person.ts';
import type { LoadersOf } from '../loaders.ts';
import { nodeId } from '../node-id.ts';

export interface User {
  /** As it was asked for. */
  readonly id: string;
}

export const USERS_MAX = 100;

export function userResolvers(loadersOf: LoadersOf) {
  const profileOf = ({ id }: User, context: object) => loadersOf(context).profile.load(id);
  return {
    Query: {
      user: (_root: unknown, { id }: User): User => ({ id }),
      users: (_root: unknown, { ids }: { ids: readonly string[] }): User[] => {
        if (ids.length > USERS_MAX) throw new InletError('query_too_costly', { detail: `at most ${USERS_MAX} ids` });
        return ids.map((id) => ({ id }));
      },
    },
    User: {
      nodeId: ({ id }: User) => nodeId('User', id),
      // Each of its fields reads no more than it needs.
      profile: (user: User): User => user,
      groups: async ({ id }: User, { first }: { readonly first?: number | null }, context: object) => {
        const { by_default, most } = MEMBERSHIPS_FIRST;
        const count = first ?? by_default;
        checkFirst(count, 'groups of a user', most);
        return (await loadersOf(context).memberships.load(id)).slice(0, count);
      },
    },
    Profile: {
      name: async (user: User, _args: unknown, context: object) => nameOf((await profileOf(user, context)).traits),
      avatar: async (user: User, _args: unknown, context: object) => avatarOf((await profileOf(user, context)).traits),
      traits: async (user: User, _args: unknown, context: object) => (await profileOf(user, context)).traits,
      updatedAt: async (user: User, _args: unknown, context: object) => (await profileOf(user, context)).updatedAt,
      firstSeen: async ({ id }: User, _args: unknown, context: object) =>
        (await loadersOf(context).seen.load(id)).first,
      lastSeen: async ({ id }: User, _args: unknown, context: object) => (await loadersOf(context).seen.load(id)).last,
    },
  };
}
