/** A lake in memory, with a clock that stands until it is moved. */
import type { ObjectStore, Random } from '../../platform/ports.ts';
import { type VirtualClock, virtualClock } from '../../platform/sim/clock.ts';
import { memoryStore } from '../../platform/sim/object-store.ts';
import { seededRandom } from '../../platform/sim/random.ts';

export interface World {
  readonly lake: ObjectStore;
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly lake_uri: string;
}

export function world(seed: number): World {
  const clock = virtualClock(Date.UTC(2026, 2, 28));
  return { lake: memoryStore(clock), clock, random: seededRandom(seed), lake_uri: 'file:///lake' };
}
