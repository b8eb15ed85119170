import { InletError } from '../../schemas/errors.ts';
import type { EventType } from '../../schemas/event.ts';
import type { HotEvent } from '../index/hot-events.ts';
import { eventId, readEvent } from '../resolve/event.ts';
import { readProfile } from '../resolve/profile.ts';
import type { PropertyFilter } from '../resolve/property-filters.ts';
import { FIRST_DEFAULT, type Page, readTimeline } from '../resolve/timeline.ts';
import { date, dateTime, type Instant } from './scalars.ts';
import type { QueryServices, Report, ReportHeader } from './services.ts';

interface User {
  readonly id: string;
}

/** An event and whose timeline it is in. */
interface OwnedEvent {
  readonly user: string;
  readonly event: HotEvent;
}

interface Connection {
  readonly user: string;
  readonly page: Page;
  readonly isFirst: boolean;
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

interface ReportArguments {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

const DAY_MS = 86_400_000;

export function createResolvers(services: QueryServices) {
  return {
    DateTime: dateTime,
    Date: date,
    Query: {
      user: (_root: unknown, { id }: User): User => ({ id }),
      event: (_root: unknown, { id }: User): Promise<OwnedEvent | null> =>
        readEvent(services.index, id, services.timeline),
      reports: async (_root: unknown, { name, from, to }: ReportArguments): Promise<Report> => {
        if (from > to) throw new InletError('date_invalid');
        return services.readReport(name, from, to);
      },
      reportList: (): Promise<readonly ReportHeader[]> => services.listReports(),
    },
    User: {
      profile: ({ id }: User) => readProfile(services.index, id),
      events: (user: User, args: EventsArguments) => readConnection(services, user.id, args),
    },
    EventConnection: {
      edges: ({ user, page }: Connection) => page.edges.map(({ cursor, event }) => ({ cursor, node: { user, event } })),
      nodes: ({ user, page }: Connection): OwnedEvent[] => page.edges.map(({ event }) => ({ user, event })),
      pageInfo: ({ page, isFirst }: Connection) => ({
        hasNextPage: page.hasNextPage,
        hasPreviousPage: !isFirst,
        startCursor: page.edges[0]?.cursor ?? null,
        endCursor: page.endCursor,
      }),
      asOf: ({ page }: Connection) => page.asOf,
    },
    Event: {
      id: ({ user, event }: OwnedEvent) => eventId(user, event),
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

async function readConnection(services: QueryServices, user: string, args: EventsArguments): Promise<Connection> {
  const from = args.from?.time ?? null;
  const to = args.to === undefined || args.to === null ? null : args.to.time + (args.to.isDay ? DAY_MS : 0);
  if (from !== null && to !== null && from >= to) throw new InletError('date_invalid');
  const page = await readTimeline(
    services.index,
    {
      users: [user],
      from,
      to,
      types: args.types ?? null,
      events: args.events ?? null,
      sources: args.sources ?? null,
      where: args.where ?? null,
      order: args.order === 'OLDEST' ? 'oldest' : 'newest',
      first: args.first ?? FIRST_DEFAULT,
      after: args.after ?? null,
    },
    () => services.asOf(),
    services.timeline,
  );
  return { user, page, isFirst: args.after === undefined || args.after === null };
}
