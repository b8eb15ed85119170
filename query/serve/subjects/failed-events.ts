/** Events that were refused. */
import { ERRORS, InletError, isErrorCode } from '../../../schemas/errors.ts';
import { timelineHash } from '../../resolve/cursor.ts';
import { decodeOpaque, encodeOpaque } from '../../resolve/opaque.ts';
import { nodeId } from '../node-id.ts';
import { endOf, type Instant } from '../scalars.ts';
import type { FailedEvent, FailedPosition, QueryServices } from '../services.ts';
import { type Connection, connectionFields } from './connection.ts';

interface FailedConnection extends Connection<FailedEvent> {
  readonly asOf: number;
}

interface FailedArguments {
  readonly from?: Instant | null;
  readonly to?: Instant | null;
  readonly codes?: readonly string[] | null;
  readonly sources?: readonly string[] | null;
  readonly first?: number | null;
  readonly after?: string | null;
}

const DAY_MS = 86_400_000;
const DAYS_DEFAULT = 7;
const DAYS_MAX = 31;
/** How many a page holds. */
export const FAILED_FIRST = { by_default: 20, most: 100 };

export function failedEventResolvers(services: QueryServices) {
  return {
    Query: {
      failedEvents: (_root: unknown, args: FailedArguments) => readConnection(services, args),
    },
    FailedEventConnection: {
      ...connectionFields<FailedEvent>(),
      asOf: ({ asOf }: FailedConnection) => asOf,
    },
    FailedEvent: {
      nodeId: ({ receivedAt, packId, packIndex }: FailedEvent) => nodeId('FailedEvent', receivedAt, packId, packIndex),
      id: ({ packId, packIndex }: FailedEvent) => `${packId}/${packIndex}`,
      message: ({ code }: FailedEvent) => (isErrorCode(code) ? ERRORS[code].text : null),
    },
  };
}

/** Null where there is none. */
export async function readFailedEvent(services: QueryServices, place: FailedPosition): Promise<FailedEvent | null> {
  const { receivedAt, packId, packIndex } = place;
  const page = await services.readFailedEvents({
    ...{ from: receivedAt, to: receivedAt + 1, codes: null, sources: null, first: 1 },
    after: { ...place, packIndex: packIndex + 1 },
  });
  return page.events.find((event) => event.packId === packId && event.packIndex === packIndex) ?? null;
}

/** Between which arrivals, epoch milliseconds. */
interface Range {
  readonly from: number;
  readonly to: number;
}

async function readConnection(services: QueryServices, args: FailedArguments): Promise<FailedConnection> {
  const first = args.first ?? FAILED_FIRST.by_default;
  if (!(first >= 1 && first <= FAILED_FIRST.most)) {
    throw new InletError('page_too_large', { detail: `of failed events at most ${FAILED_FIRST.most}` });
  }
  const [codes, sources] = [args.codes ?? null, args.sources ?? null];
  const question = timelineHash('failed', args.from?.time ?? null, args.to?.time ?? null, codes, sources);
  const cursor = args.after === undefined || args.after === null ? null : decodeCursor(args.after, question);
  // Later pages keep to the time that the first one took for now.
  const range = cursor ?? rangeOf(args, services.clock.now());
  const asOf = await services.asOf();
  const { events, next } = await services.readFailedEvents({ ...range, codes, sources, first, after: cursor });
  const encode = (place: FailedPosition): string => encodeCursor(place, range, question);
  return {
    edges: events.map((node) => ({ node, cursor: encode(node) })),
    isFirst: cursor === null,
    hasNextPage: next !== null,
    endCursor: next === null ? (events.map(encode).at(-1) ?? null) : encode(next),
    asOf,
  };
}

function rangeOf(args: FailedArguments, now: number): Range {
  const to = args.to === undefined || args.to === null ? now + 1 : endOf(args.to);
  const from = args.from?.time ?? to - DAYS_DEFAULT * DAY_MS;
  if (from >= to) throw new InletError('date_invalid');
  if (to - from > DAYS_MAX * DAY_MS) throw new InletError('date_invalid', { detail: `at most ${DAYS_MAX} days` });
  return { from, to };
}

function encodeCursor(
  { receivedAt, packId, packIndex }: FailedPosition,
  { from, to }: Range,
  question: string,
): string {
  return encodeOpaque([receivedAt, packId, packIndex, from, to, question]);
}

/** @throws InletError cursor_invalid, also for a cursor of another question */
function decodeCursor(text: string, question: string): FailedPosition & Range {
  const [receivedAt, packId, packIndex, from, to, hash, ...rest] = decodeOpaque(text) ?? [];
  if (
    typeof receivedAt !== 'number' ||
    typeof packId !== 'string' ||
    typeof packIndex !== 'number' ||
    typeof from !== 'number' ||
    typeof to !== 'number' ||
    // It is not signed, as it names nobody; but it may ask for no more than a question can.
    to - from > DAYS_MAX * DAY_MS ||
    hash !== question ||
    rest.length > 0
  ) {
    throw new InletError('cursor_invalid');
  }
  return { receivedAt, packId, packIndex, from, to };
}
