import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { ERRORS, type ErrorCode } from '../../schemas/errors.ts';

/** What a DateTime argument holds. */
export interface Instant {
  /** Epoch milliseconds; of a day, its start. */
  readonly time: number;
  /** Whether the whole day was named. */
  readonly isDay: boolean;
}

const DAY_MS = 86_400_000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT =
  /^(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

export const dateTime = new GraphQLScalarType<Instant, string>({
  name: 'DateTime',
  coerceOutputValue: (value) => new Date(Number(value)).toISOString(),
  coerceInputValue: parseInstant,
  coerceInputLiteral: (node) => parseInstant(node.kind === Kind.STRING ? node.value : null),
});

export const date = new GraphQLScalarType<string, string>({
  name: 'Date',
  coerceOutputValue: String,
  coerceInputValue: parseDay,
  coerceInputLiteral: (node) => parseDay(node.kind === Kind.STRING ? node.value : null),
});

function parseInstant(value: unknown): Instant {
  if (typeof value === 'string') {
    if (DAY.test(value)) return { time: Date.parse(parseDay(value)), isDay: true };
    const day = INSTANT.exec(value)?.[1];
    if (day !== undefined) {
      parseDay(day);
      return { time: Date.parse(value), isDay: false };
    }
  }
  throw dateInvalid();
}

/** What a time that is the end of a range means, epoch milliseconds: that of a day is the end of the day. */
export function endOf({ time, isDay }: Instant): number {
  return time + (isDay ? DAY_MS : 0);
}

/** Days that no calendar has are refused, and not taken for days of the next month. */
function parseDay(value: unknown): string {
  if (typeof value !== 'string' || !DAY.test(value)) throw dateInvalid();
  const time = Date.parse(value);
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== value) throw dateInvalid();
  return value;
}

function dateInvalid(): GraphQLError {
  return new GraphQLError(ERRORS.date_invalid.text, { extensions: { code: 'date_invalid' satisfies ErrorCode } });
}
