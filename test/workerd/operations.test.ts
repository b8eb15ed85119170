import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe } from 'vitest';
import worker from '../../platform/cloudflare/main.ts';
import { systemClock } from '../../platform/cloudflare/system.ts';
import { describeOperations } from '../conformance/operations/suite.ts';
import { graphqlRequest, makeKeys, migrate } from './worker.ts';

const only = { ...env, INLET_GRAPHQL_OPERATIONS_ONLY: 'on' };

beforeAll(async () => {
  await migrate();
  await makeKeys();
});

describe('known operations, in the Worker', () => {
  describeOperations(async () => ({
    control: env.CONTROL,
    clock: systemClock,
    ask: async (body, isOnly) => worker.fetch(graphqlRequest(body), isOnly ? only : env, createExecutionContext()),
    // Its clock is that of the machine.
    wait: () => false,
  }));
});
