/** What several fields of one request ask for is read once. */
import DataLoader from 'dataloader';
import type { JsonObject } from '../../schemas/event.ts';
import { readGroupSeen, readGroupTraits, type Seen } from '../identity/groups.ts';
import { type Membership, readMemberships } from '../identity/memberships.ts';
import { ofPerson } from '../identity/person.ts';
import { readLastSeen } from '../resolve/last-seen.ts';
import { type Profile, readProfile } from '../resolve/profile.ts';
import { readEvents } from './read-events.ts';
import type { QueryServices } from './services.ts';

export interface Loaders {
  readonly profile: DataLoader<string, Profile>;
  readonly memberships: DataLoader<string, readonly Membership[]>;
  /** Of a user. */
  readonly seen: DataLoader<string, Seen>;
  readonly groupTraits: DataLoader<string, JsonObject>;
  readonly groupSeen: DataLoader<string, Seen>;
  /** When a source was heard last, epoch milliseconds. */
  readonly lastSeen: DataLoader<string, number | null>;
}

/** The loaders of a request, by its context. */
export interface LoadersOf {
  (context: object): Loaders;
  /** The next field of this request reads anew. */
  forget(context: object): void;
}

export function loaders(services: QueryServices): LoadersOf {
  const known = new WeakMap<object, Loaders>();
  const loadersOf = (context: object): Loaders => {
    let made = known.get(context);
    if (made === undefined) {
      made = {
        profile: loader((user) =>
          ofPerson(services.index, user, (moment, users) => readProfile(services.index, moment, users)),
        ),
        memberships: loader((user) =>
          ofPerson(services.index, user, (moment, users) => readMemberships(services.index, moment, users)),
        ),
        seen: loader((user) => readSeen(services, user)),
        groupTraits: oneByOne((group) => readGroupTraits(services.index, group)),
        groupSeen: loader((group) => readGroupSeen(services.index, group)),
        lastSeen: new DataLoader((sources) => readLastSeen(services.index, sources)),
      };
      known.set(context, made);
    }
    return made;
  };
  return Object.assign(loadersOf, { forget: (context: object) => void known.delete(context) });
}

function loader<Value>(read: (key: string) => Promise<Value>): DataLoader<string, Value> {
  return new DataLoader((keys) => Promise.all(keys.map((key) => settle(read(key)))));
}

/** For what may be large while it is read. */
function oneByOne<Value>(read: (key: string) => Promise<Value>): DataLoader<string, Value> {
  return new DataLoader(async (keys) => {
    const values: (Value | Error)[] = [];
    for (const key of keys) values.push(await settle(read(key)));
    return values;
  });
}

function settle<Value>(answer: Promise<Value>): Promise<Value | Error> {
  return answer.catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
}

async function readSeen(services: QueryServices, user: string): Promise<Seen> {
  const [newest, oldest] = await Promise.all([
    readEvents(services, user, { first: 1 }),
    readEvents(services, user, { first: 1, order: 'oldest' }),
  ]);
  const [last, first] = [newest.edges[0]?.event.timestamp, oldest.edges[0]?.event.timestamp];
  return { first: first ?? null, last: last ?? null };
}
