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
    plugins: [limits()],
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
  const tokens = readTokens(services.control, services.clock, config.key_cache_seconds * 1_000);
  const app = new Hono();
  app.use(
    PATH,
    cors({
      origin: '*',
      allowMethods: ['GET', 'POST', 'OPTIONS'],
      allowHeaders: ['Authorization', 'Content-Type'],
      maxAge: PREFLIGHT_SECONDS,
    }),
    requireToken(tokens, config.retry_after_seconds),
    bodyLimit({ maxSize: BODY_BYTES_MAX, onError: tooLarge }),
  );
  app.on(['GET', 'POST'], PATH, (context) => yoga.fetch(context.req.raw));
  return app;
}

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
