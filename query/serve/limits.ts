import { type ExecutionArgs, execute, getOperationAST, parse, validate } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { costOf } from './cost.ts';
import { refusal } from './errors.ts';
import { extentOf } from './extent.ts';
import { KnownCosts } from './known-costs.ts';

const QUERY_CHARACTERS_MAX = 65_536;
const TOKENS_MAX = 2_000;
/** How the parser says so. */
const TOO_MANY_TOKENS = /Document contains more than \d+ tokens/;
const DEPTH_MAX = 12;
const SELECTIONS_MAX = 5_000;
/** One page of 1,000 whole events, or 50 small pages. */
const COST_MAX = 50_000;

/**
 * Refuses queries that ask for too much. Depth and cost are taken before each execution: what is decided when a document
 * is validated is remembered with it, and then holds for whatever variables it is sent with later.
 */
export function limits(introspection: boolean): Plugin {
  const costs = new KnownCosts();
  return {
    onParams({ params: { query } }) {
      if (typeof query === 'string' && query.length > QUERY_CHARACTERS_MAX) throw refusal('query_too_costly');
    },
    onParse({ setParseFn }) {
      setParseFn((source, options) => {
        try {
          return parse(source, { ...options, maxTokens: TOKENS_MAX });
        } catch (error) {
          throw error instanceof Error && TOO_MANY_TOKENS.test(error.message) ? refusal('query_too_costly') : error;
        }
      });
    },
    onValidate({ setValidationFn }) {
      // "Did you mean …" tells the schema as well.
      setValidationFn((schema, document, rules) =>
        validate(schema, document, rules, { hideSuggestions: !introspection }),
      );
    },
    onSubscribe: ({ args }) => check(args),
    onExecute({ args, setExecuteFn }) {
      // A quarter cheaper for 50 events than the executor that Yoga brings, and a seventh less to compile after a start.
      setExecuteFn(execute);
      check(args);
    },
  };

  function check(args: ExecutionArgs): void {
    const { schema, document, operationName, variableValues } = args;
    const operation = getOperationAST(document, operationName);
    // The executor says what is wrong.
    if (operation === null || operation === undefined) return;
    const { depth, selections, introspects } = extentOf(document);
    if (introspects && !introspection) throw refusal('introspection_off');
    if (depth > DEPTH_MAX) throw refusal('query_too_deep');
    if (selections > SELECTIONS_MAX) throw refusal('query_too_costly');
    const variables = variableValues ?? {};
    const cost = costs.of(operation, variables, () => costOf(schema, document, operation, variables));
    if (cost > COST_MAX) throw refusal('query_too_costly');
  }
}
