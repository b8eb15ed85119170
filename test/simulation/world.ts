/** A world of a seed: in which order waiting calls go on, which of them fail, and which processes die over them. */
import type { Database, ObjectStore, Queue } from '../../platform/ports.ts';
import type { VirtualClock } from '../../platform/sim/clock.ts';
import type { SeededRandom } from '../../platform/sim/random.ts';
import { type Gate, gatedDatabase, gatedStore } from '../equivalence/gate.ts';

/** How often each happens, from 0 to 1. The last five are asked for every call of a port. */
export interface Faults {
  /** What was acknowledged is delivered again. */
  duplicate: number;
  reorder: number;
  /** A call fails, and nothing has happened. */
  queue_fails: number;
  lake_fails: number;
  index_fails: number;
  /** A write fails, and has happened all the same. */
  answer_lost: number;
  /** The process dies over a call, before or after it took effect. */
  crash: number;
}

/** Each kind is off in half of all worlds, so that some worlds have one kind only. */
export function drawFaults(random: SeededRandom): Faults {
  const upTo = (highest: number): number => (random.below(2) === 0 ? 0 : (highest * (1 + random.below(100))) / 100);
  return {
    duplicate: upTo(0.5),
    reorder: upTo(0.8),
    queue_fails: upTo(0.3),
    lake_fails: upTo(0.2),
    index_fails: upTo(0.3),
    answer_lost: upTo(0.2),
    crash: upTo(0.05),
  };
}

export class World {
  readonly #parked: (() => void)[] = [];

  constructor(
    readonly random: SeededRandom,
    readonly clock: VirtualClock,
    /** Null once the world is healed. */
    public faults: Faults | null,
  ) {}

  happens(fault: keyof Faults): boolean {
    const rate = this.faults?.[fault] ?? 0;
    return rate > 0 && this.random.below(10_000) < rate * 10_000;
  }

  /** Until the seed says that the caller goes on. */
  turn(): Promise<void> {
    return new Promise((resolve) => this.#parked.push(resolve));
  }

  /** Lets waiting calls go on, one at a time, until all of this work is settled. */
  async finish(work: readonly Promise<unknown>[]): Promise<void> {
    let settled = false;
    const all = Promise.allSettled(work).then((results) => {
      settled = true;
      return results;
    });
    while (!settled) {
      const [go] = this.#parked.splice(this.random.below(this.#parked.length), 1);
      go?.();
      await this.clock.advance(this.random.below(4));
    }
    for (const result of await all) if (result.status === 'rejected') throw result.reason;
  }
}

class Died extends Error {}

/** A process of the world: its calls take turns, and may fail. Once dead, none of them ever returns. */
export class Process {
  readonly gate: Gate;
  readonly #death = Promise.withResolvers<never>();
  #dead = false;

  constructor(world: World, spared: 'nothing' | 'death' | 'everything' = 'nothing') {
    const happens = (fault: keyof Faults): boolean =>
      spared !== 'everything' && (spared !== 'death' || fault !== 'crash') && world.happens(fault);
    this.#death.promise.catch(() => {});
    this.gate = async (call, run) => {
      await world.turn();
      if (this.#dead) return forever();
      if (happens('crash')) {
        this.#dead = true;
        if (world.random.below(2) === 0) await run();
        this.#death.reject(new Died());
        return forever();
      }
      if (happens(`${portOf(call)}_fails`)) throw new Error(`${call} failed`);
      const result = await run();
      if (isWrite(call) && happens('answer_lost')) throw new Error(`the answer to ${call} was lost`);
      return result;
    };
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** @returns null when the process died over the work */
  async run<Result>(work: Promise<Result>): Promise<Result | null> {
    work.catch(() => {});
    return Promise.race([work, this.#death.promise]).catch((error: unknown) => {
      if (error instanceof Died) return null;
      throw error;
    });
  }

  store(store: ObjectStore): ObjectStore {
    return gatedStore(store, this.gate);
  }

  database(database: Database): Database {
    return gatedDatabase(database, this.gate);
  }

  queue(queue: Queue): Queue {
    return {
      send: (body, options) => this.gate('send', () => queue.send(body, options)),
      sendBatch: (messages) => this.gate('send', () => queue.sendBatch(messages)),
      metrics: () => this.gate('metrics', () => queue.metrics()),
    };
  }
}

function forever(): Promise<never> {
  return new Promise(() => {});
}

function portOf(call: string): 'queue' | 'index' | 'lake' {
  if (call === 'send' || call === 'metrics') return 'queue';
  return ['all', 'run', 'batch'].includes(call) ? 'index' : 'lake';
}

function isWrite(call: string): boolean {
  return /^(send|run|batch|put|delete)/.test(call);
}
