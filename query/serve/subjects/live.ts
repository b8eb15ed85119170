/** Subscriptions. */
import type { YogaInitialContext } from 'graphql-yoga';
import { InletError } from '../../../schemas/errors.ts';
import { ofPerson } from '../../identity/person.ts';
import { Live, type LiveValue } from '../../live/live.ts';
import type { LoadersOf } from '../loaders.ts';
import type { QueryServices } from '../services.ts';
import type { OwnedEvent } from './events.ts';

interface LiveArguments {
  readonly source?: string | null;
  readonly user?: string | null;
  readonly types?: readonly string[] | null;
}

/** Those that the person has now; one that is linked later is heard by who subscribes anew. */
function keysOf({ index }: QueryServices, user: string): Promise<readonly string[]> {
  return ofPerson(index, user, async (_moment, users) => users);
}

export function liveResolvers(services: QueryServices, loadersOf: LoadersOf) {
  const live = new Live((receive, lost) => services.follow(receive, lost));
  return {
    Subscription: {
      events: {
        subscribe: async (_root: unknown, { source, user, types }: LiveArguments, { request }: YogaInitialContext) =>
          live.subscribe(
            {
              source: source ?? null,
              users: user === undefined || user === null ? null : await keysOf(services, user),
              types: types ?? null,
            },
            request.signal,
          ),
        resolve: (value: LiveValue, _args: unknown, context: object): OwnedEvent => {
          if (value.kind === 'dropped') throw new InletError('live_dropped');
          // What was read for the event before may have changed.
          loadersOf.forget(context);
          return value;
        },
      },
    },
  };
}
