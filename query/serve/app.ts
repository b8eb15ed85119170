/** The GraphQL endpoint, for services that hold a read token. */
import type { DocumentNode } from 'graphql';
import { createSchema, createYoga } from 'graphql-yoga';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import type { Config } from '../../schemas/config.ts';
import { ERRORS, InletError } from '../../schemas/errors.ts';
import typeDefs from '../../schemas/graphql/schema.graphql' with { type: 'text' };
import { auditing } from '../access/audit.ts';
import { protect } from '../access/protect.ts';
import { RateLimit } from '../access/rate-limit.ts';
import { type Reading, readingOf } from '../access/reading.ts';
import { NO_ERRORS, ParsedDocuments } from './documents.ts';
import { masking } from './errors.ts';
import { limits } from './limits.ts';
import { knownOperations } from './operations.ts';
import { createResolvers } from './resolvers.ts';
import type { QueryServices } from './services.ts';
import { storedOperations } from './stored-operations.ts';
import { timedIndex, timeouts } from './timeout.ts';
import { type Reader, type ReadTokens, readTokens } from './tokens.ts';

const PATH = '/graphql';
const BODY_BYTES_MAX = 262_144;
const PREFLIGHT_SECONDS = 86_400;
const BEARER = /^Bearer +(\S+)$/i;

export interface QueryOptions {
  /** Operations that callers may name by their SHA-256, besides those of the control database. */
  readonly operations?: ReadonlyMap<string, string>;
  /** The page for browsers, where there is one. */
  readonly graphiql?: () => Promise<Response>;
}

/** Mounts `/graphql`. */
export function createQuery(
  services: QueryServices,
  config: Config,
  { operations = new Map(), graphiql }: QueryOptions = {},
): Hono<Variables> {
  const timed = { ...services, index: timedIndex(services.index) };
  const yoga = createYoga<Reading>({
    schema: protect(createSchema({ typeDefs, resolvers: createResolvers(timed) })),
    graphqlEndpoint: PATH,
    plugins: [
      knownOperations(storedOperations(services, operations), config.graphql_operations_only),
      limits(config.graphql_introspection),
      timeouts(services.clock, config.graphql_seconds_max * 1_000),
      auditing(services.clock, services.audit),
    ],
    parserAndValidationCache: { documentCache: new ParsedDocuments<DocumentNode>(), errorCache: NO_ERRORS },
    maskedErrors: { maskError: masking(services.report) },
    // Faults are reported; Yoga would log every refusal too.
    logging: false,
    // Hono's limit stands before it; Yoga's own would pipe every body through a stream.
    maxRequestBodySize: false,
    batching: false,
    multipart: false,
    cors: false,
    graphiql: false,
    landingPage: false,
  });
  const { fetch } = yoga;
  const tokens = readTokens(services.control, services.clock, config.key_cache_seconds * 1_000);
  const limit = new RateLimit(services.clock);
  const app = new Hono<Variables>();
  app.options(
    PATH,
    cors({
      origin: '*',
      allowMethods: ['GET', 'POST', 'OPTIONS'],
      allowHeaders: ['Authorization', 'Content-Type'],
      maxAge: PREFLIGHT_SECONDS,
    }),
  );
  if (graphiql !== undefined && config.graphql_introspection) {
    app.get(PATH, ({ req }, next) => (isPageOf(req.raw) ? graphiql() : next()));
  }
  app.use(PATH, readableAnywhere, requireToken(tokens, limit, config.retry_after_seconds), limitBody);
  app.on(['GET', 'POST'], PATH, ({ req, var: { reader } }) => fetch(req.raw, readingOf(reader)));
  return app;
}

/** A browser that opens the address, as no client asks for HTML. */
function isPageOf({ headers, url }: Request): boolean {
  return headers.get('accept')?.includes('text/html') === true && !new URL(url).searchParams.has('query');
}

/** A header that is set before there is an answer would have Hono make every answer anew. */
const readableAnywhere: MiddlewareHandler = async (context, next) => {
  await next();
  context.res.headers.set('Access-Control-Allow-Origin', '*');
};

const limitUnknown = bodyLimit({ maxSize: BODY_BYTES_MAX, onError: tooLarge });

/** Most bodies say how long they are; looking at one makes a stream of it, which costs more than parsing it. */
const limitBody: MiddlewareHandler = async (context, next) => {
  const { headers } = context.req.raw;
  const length = headers.get('content-length');
  if (length === null || headers.has('transfer-encoding')) return limitUnknown(context, next);
  return Number(length) > BODY_BYTES_MAX ? tooLarge(context) : next();
};

/** What a request brings to the resolvers. */
type Variables = { Variables: { reader: Reader } };

function requireToken(tokens: ReadTokens, limit: RateLimit, retry_after_seconds: number): MiddlewareHandler<Variables> {
  return async (context, next) => {
    const found = await findReader(tokens, context.req.header('authorization'));
    if (typeof found === 'string') return refuse(context, found, retry_after_seconds);
    const { id, requests_per_second } = found;
    if (requests_per_second !== null && !limit.take(id, requests_per_second)) {
      return refuse(context, 'read_token_busy', 1);
    }
    context.set('reader', found);
    return next();
  };
}

type TokenProblem = 'read_token_missing' | 'read_token_unknown' | 'read_token_busy' | 'authority_away';

function refuse(context: Context, code: TokenProblem, retry_after_seconds: number): Response {
  const { http, retry, text } = ERRORS[code];
  if (retry) context.header('Retry-After', String(retry_after_seconds));
  if (http === 401) context.header('WWW-Authenticate', 'Bearer');
  return context.json({ errors: [{ message: text, extensions: { code } }] }, http);
}

function tooLarge(context: Context): Response {
  const { http, text } = ERRORS.query_too_costly;
  return context.json({ errors: [{ message: text, extensions: { code: 'query_too_costly' } }] }, http);
}

async function findReader(tokens: ReadTokens, authorization: string | undefined): Promise<Reader | TokenProblem> {
  const token = BEARER.exec(authorization ?? '')?.[1];
  if (token === undefined) return 'read_token_missing';
  try {
    return (await tokens.find(token)) ?? 'read_token_unknown';
  } catch (error) {
    if (error instanceof InletError && error.code === 'authority_away') return error.code;
    throw error;
  }
}
