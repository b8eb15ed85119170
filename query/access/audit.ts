/** Who read whose timeline. */
import { GraphQLError, getOperationAST } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Clock } from '../../platform/ports.ts';
import type { ErrorCode } from '../../schemas/errors.ts';
import { expected } from '../serve/errors.ts';
import type { Reading } from './reading.ts';

/** One operation that read of users, or what was refused. */
export interface AuditLine {
  /** ISO 8601, when it began. */
  readonly at: string;
  /** The id of the read token: `inlet keys list` has it too. */
  readonly token: string;
  readonly name: string;
  /** The name that the caller gave the operation. */
  readonly operation: string | null;
  /** At most 100, as they were asked for, and as members of groups came. */
  readonly users: readonly string[];
  readonly users_total: number;
  readonly fields: readonly string[];
  /** How many events were given out. */
  readonly events: number;
  /** Whether personal data was shown as sent. */
  readonly personal_data: boolean;
  readonly milliseconds: number;
  /** Of what went wrong. */
  readonly codes: readonly string[];
}

const USERS_MAX = 100;
const TEXT_LENGTH_MAX = 256;
const CODES_MAX = 10;

/** Tells `audit` of each operation once it has been answered; of a subscription, once it begins. */
export function auditing(clock: Pick<Clock, 'now'>, audit: (line: AuditLine) => void): Plugin<Reading> {
  function tell(args: Operation, reading: Reading, began_at: number, result: unknown): void {
    if (reading.trail.fields.size > 0) audit(lineOf(args, reading, began_at, clock.now(), result));
  }
  return {
    onExecute({ args }) {
      const began_at = clock.now();
      return { onExecuteDone: ({ result }) => tell(args, args.contextValue, began_at, result) };
    },
    onSubscribe({ args }) {
      const began_at = clock.now();
      return { onSubscribeResult: ({ result }) => tell(args, args.contextValue, began_at, result) };
    },
  };
}

type Operation = { readonly document: Parameters<typeof getOperationAST>[0]; readonly operationName?: string | null };

function lineOf(
  { document, operationName }: Operation,
  { reader, trail }: Reading,
  began_at: number,
  now: number,
  result: unknown,
): AuditLine {
  const operation = getOperationAST(document, operationName)?.name?.value ?? null;
  return {
    at: new Date(began_at).toISOString(),
    token: reader.id,
    name: reader.name,
    operation: operation === null ? null : short(operation),
    users: [...trail.users].slice(0, USERS_MAX).map(short),
    users_total: trail.users.size,
    fields: [...trail.fields],
    events: trail.events,
    personal_data: reader.scopes.has('personal_data'),
    milliseconds: now - began_at,
    codes: codesOf(result),
  };
}

function short(text: string): string {
  return text.slice(0, TEXT_LENGTH_MAX);
}

function codesOf(result: unknown): string[] {
  if (typeof result !== 'object' || result === null || !('errors' in result) || !Array.isArray(result.errors))
    return [];
  return [...new Set(result.errors.map(codeOf))].slice(0, CODES_MAX);
}

/** As the caller will see it. */
function codeOf(error: unknown): string {
  const thrown = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  const known = expected(thrown);
  if (known !== null) return known.code;
  return thrown instanceof GraphQLError
    ? String(thrown.extensions.code ?? 'invalid')
    : ('internal' satisfies ErrorCode);
}
