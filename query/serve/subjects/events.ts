/** Timelines and their events. */
import { InletError } from '../../../schemas/errors.ts';
import type { EventType } from '../../../schemas/event.ts';
import type { HotEvent } from '../../index/hot-events.ts';
import { eventId, readEvent } from '../../resolve/event.ts';
import type { PropertyFilter } from '../../resolve/property-filters.ts';
import { FIRST_DEFAULT } from '../../resolve/timeline.ts';
import { nodeId } from '../node-id.ts';
import { countOf, readEvents } from '../read-events.ts';
import { endOf, type Instant } from '../scalars.ts';
import type { QueryServices } from '../services.ts';
import { type Connection, connectionFields } from './connection.ts';
import { type Counted, countFields, once } from './counts.ts';
import type { User } from './users.ts';

/** An event and whose timeline it is in. */
export interface OwnedEvent {
  readonly user: string;
  readonly event: HotEvent;
}

interface EventConnection extends Connection<OwnedEvent>, Counted {
  readonly asOf: number;
}

interface EventsArguments {
  readonly from?: Instant | null;
  readonly to?: Instant | null;
  readonly types?: readonly EventType[] | null;
  readonly events?: readonly string[] | null;
  readonly sources?: readonly string[] | null;
  readonly where?: readonly PropertyFilter[] | null;
  readonly order?: 'NEWEST' | 'OLDEST' | null;
  readonly first?: number | null;
  readonly after?: string | null;
}

export function eventResolvers(services: QueryServices) {
  return {
    Query: {
      event: (_root: unknown, { id }: { id: string }): Promise<OwnedEvent | null> =>
        readEvent(services.index, id, services.timeline),
    },
    User: {
      events: (user: User, args: EventsArguments) => readConnection(services, user.id, args),
    },
    EventConnection: {
      ...connectionFields<OwnedEvent>(),
      asOf: ({ asOf }: EventConnection) => asOf,
      ...countFields(),
    },
    Event: {
      nodeId: (event: OwnedEvent) => nodeId('Event', idOf(event)),
      id: idOf,
      user: ({ user }: OwnedEvent): User => ({ id: user }),
      messageId: ({ event }: OwnedEvent) => event.messageId,
      source: ({ event }: OwnedEvent) => event.source,
      type: ({ event }: OwnedEvent) => event.type,
      event: ({ event }: OwnedEvent) => event.event,
      name: ({ event }: OwnedEvent) => event.name,
      userId: ({ event }: OwnedEvent) => event.userId,
      anonymousId: ({ event }: OwnedEvent) => event.anonymousId,
      groupId: ({ event }: OwnedEvent) => event.groupId,
      previousId: ({ event }: OwnedEvent) => event.previousId,
      timestamp: ({ event }: OwnedEvent) => event.timestamp,
      receivedAt: ({ event }: OwnedEvent) => event.receivedAt,
      properties: ({ event }: OwnedEvent) => event.properties,
      traits: ({ event }: OwnedEvent) => event.traits,
      context: ({ event }: OwnedEvent) => event.context,
    },
  };
}

function idOf({ event }: OwnedEvent): string {
  return eventId(event);
}

async function readConnection(services: QueryServices, user: string, args: EventsArguments): Promise<EventConnection> {
  const from = args.from?.time ?? null;
  const to = args.to === undefined || args.to === null ? null : endOf(args.to);
  if (from !== null && to !== null && from >= to) throw new InletError('date_invalid');
  const reading = {
    from,
    to,
    types: args.types ?? null,
    events: args.events ?? null,
    sources: args.sources ?? null,
    where: args.where ?? null,
    order: args.order === 'OLDEST' ? 'oldest' : 'newest',
    first: args.first ?? FIRST_DEFAULT,
    after: args.after ?? null,
  } as const;
  const page = await readEvents(services, user, reading);
  return {
    count: once(() => countOf(services, user, reading, page)),
    // Cursors are made when they are asked for.
    edges: page.edges.map((edge) => ({
      node: { user, event: edge.event },
      get cursor() {
        return edge.cursor;
      },
    })),
    isFirst: args.after === undefined || args.after === null,
    hasNextPage: page.hasNextPage,
    get endCursor() {
      return page.endCursor;
    },
    asOf: page.asOf,
  };
}
