/** The GraphQL endpoint, for services that hold a read token. */
import { createSchema, createYoga } from 'graphql-yoga';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import type { Config } from '../../schemas/config.ts';
import { ERRORS, InletError } from '../../schemas/errors.ts';
import typeDefs from '../../schemas/graphql/schema.graphql' with { type: 'text' };
import { masking } from './errors.ts';
import { limits } from './limits.ts';
import { createResolvers } from './resolvers.ts';
import type { QueryServices } from './services.ts';
import { type ReadTokens, readTokens } from './tokens.ts';

const PATH = '/graphql';
const BODY_BYTES_MAX = 262_144;
const PREFLIGHT_SECONDS = 86_400;
const BEARER = /^Bearer +(\S+)$/i;

/** Mounts `/graphql`. */
export function createQuery(services: QueryServices, config: Config): Hono {
  const yoga = createYoga({
    schema: createSchema({ typeDefs, resolvers: createResolvers(services) }),
    graphqlEndpoint: PATH,
    plugins: [limits(config.graphql_introspection)],
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
  const app = new Hono();
  app.options(
    PATH,
    cors({
      origin: '*',
      allowMethods: ['GET', 'POST', 'OPTIONS'],
      allowHeaders: ['Authorization', 'Content-Type'],
      maxAge: PREFLIGHT_SECONDS,
    }),
  );
  app.use(PATH, readableAnywhere, requireToken(tokens, config.retry_after_seconds), limitBody);
  app.on(['GET', 'POST'], PATH, ({ req }) => fetch(req.raw));
  return app;
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

function requireToken(tokens: ReadTokens, retry_after_seconds: number): MiddlewareHandler {
  return async (context, next) => {
    const code = await tokenProblem(tokens, context.req.header('authorization'));
    if (code === null) return next();
    const { http, retry, text } = ERRORS[code];
    if (retry) context.header('Retry-After', String(retry_after_seconds));
    if (http === 401) context.header('WWW-Authenticate', 'Bearer');
    return context.json({ errors: [{ message: text, extensions: { code } }] }, http);
  };
}

function tooLarge(context: Context): Response {
  const { http, text } = ERRORS.query_too_costly;
  return context.json({ errors: [{ message: text, extensions: { code: 'query_too_costly' } }] }, http);
}

type TokenProblem = 'read_token_missing' | 'read_token_unknown' | 'authority_away';

async function tokenProblem(tokens: ReadTokens, authorization: string | undefined): Promise<TokenProblem | null> {
  const token = BEARER.exec(authorization ?? '')?.[1];
  if (token === undefined) return 'read_token_missing';
  try {
    return (await tokens.isKnown(token)) ? null : 'read_token_unknown';
  } catch (error) {
    if (error instanceof InletError && error.code === 'authority_away') return error.code;
    throw error;
  }
}
