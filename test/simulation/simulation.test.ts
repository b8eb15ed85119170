import { expect, it } from 'vitest';
import { consumeBatch, consumerMetrics } from '../../platform/app/consume.ts';
import type { ObjectStore } from '../../platform/ports.ts';
import { type Consume, simulate } from './simulate.ts';

const WORLDS = 100;
/** A planted fault has to show within so many worlds. */
const CANARY_WORLDS = 40;
const QUIET = { retry_seconds_max: 60, report: () => {} };

/** The first problem that fits, with the command that shows it again; null when there is none. */
async function findProblem(worlds: number, fits: RegExp, consume?: Consume): Promise<string | null> {
  for (let seed = 1; seed <= worlds; seed += 1) {
    const problem = (await simulate(seed, consume)).problems.find((text) => fits.test(text));
    if (problem !== undefined) return `${problem} (bun test/simulation/run.ts ${seed})`;
  }
  return null;
}

it(`in ${WORLDS} worlds nothing acknowledged is lost, nothing counts twice, and no answer says too much`, async () => {
  expect(await findProblem(WORLDS, /./)).toBeNull();
}, 60_000);

it('the same seed gives the same world, another seed another one', async () => {
  const [one, same, other] = [await simulate(7), await simulate(7), await simulate(8)];
  expect(await content(one.ports.lake)).toEqual(await content(same.ports.lake));
  expect(await content(other.ports.lake)).not.toEqual(await content(one.ports.lake));
});

it.each([/was acknowledged and is lost/, /missing from an answer/])(
  'a consumer that acknowledges before it has stored is found out: %s',
  async (problem) => {
    const hasty: Consume = (batch, ports) => {
      for (const message of batch.messages) message.ack();
      return consumeBatch(batch, ports, consumerMetrics(), QUIET);
    };
    expect(await findProblem(CANARY_WORLDS, problem, hasty)).not.toBeNull();
  },
);

it('a consumer that forgets what the index has missed is found out', async () => {
  const forgetful: Consume = (batch, ports) => {
    const lake: ObjectStore = {
      ...ports.lake,
      put: async (key, value, options) => (key.startsWith('reindex/') ? null : ports.lake.put(key, value, options)),
    };
    return consumeBatch(batch, { ...ports, lake }, consumerMetrics(), QUIET);
  };
  expect(await findProblem(CANARY_WORLDS, /is not what the log says/, forgetful)).not.toBeNull();
});

/** Every object of the lake and its version. */
async function content(lake: ObjectStore): Promise<string[]> {
  return (await lake.list()).objects.map(({ key, etag }) => `${key} ${etag}`);
}
