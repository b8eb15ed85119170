import { GraphQLError } from 'graphql';
import { ERRORS, type ErrorCode, InletError } from '../../schemas/errors.ts';

/** An entry of the error table for a request that is refused as a whole. */
export function refusal(code: ErrorCode, detail?: string): GraphQLError {
  // `spec`: to callers who ask for application/json, GraphQL over HTTP answers 200.
  return new GraphQLError(new InletError(code, detail === undefined ? {} : { detail }).message, {
    extensions: { code, http: { spec: true, status: ERRORS[code].http } },
  });
}

/**
 * Expected failures keep their text and code; whatever else was thrown is reported and not shown.
 *
 * @param report told of every fault of ours, with what was thrown, and of refusals that an operator should hear of, as a line
 */
export function masking(report: (fault: unknown) => void): (error: unknown) => Error {
  return (error) => {
    if (!(error instanceof GraphQLError)) return masked(error, report);
    const { originalError } = error;
    if (originalError === undefined || originalError === null) return error;
    if (originalError instanceof GraphQLError) return error;
    return masked(originalError, report, error);
  };
}

function masked(
  thrown: unknown,
  report: (fault: unknown) => void,
  { nodes, path }: Partial<Pick<GraphQLError, 'nodes' | 'path'>> = {},
): GraphQLError {
  const known = expected(thrown);
  // The others are news to the caller only.
  if (known === null || ERRORS[known.code].retry) report(isPlain(known) ? plain(known) : thrown);
  return new GraphQLError(known === null ? ERRORS.internal.text : known.message, {
    nodes: nodes ?? null,
    path: path ?? null,
    extensions: { code: known?.code ?? ('internal' satisfies ErrorCode) },
  });
}

/** Nothing broke: we refused, and where in our code that was says nothing. */
function isPlain(known: InletError | null): known is InletError {
  return known !== null && known.cause === undefined;
}

function plain({ code, message }: InletError): string {
  return `Refused: ${code}: ${message}`;
}

/** An expected failure; what a reader met under way, such as the end of its time, and not what it says of itself. */
export function expected(thrown: unknown): InletError | null {
  if (!(thrown instanceof InletError)) return null;
  return thrown.cause instanceof InletError ? thrown.cause : thrown;
}
