import { isJsonObject, type JsonObject } from '../../schemas/event.ts';

/** One trait, as the calls that were looked at have it. */
export interface Trait {
  readonly name: string;
  /** The latest one. */
  readonly value: unknown;
  /** Times of the earliest and the latest of these calls that had the trait, with whatever value, epoch milliseconds. */
  readonly firstSeen: number;
  readonly lastSeen: number;
}

/** A fold over calls, newest first: of each trait the first value that comes stays. */
export class TraitFold {
  readonly #traits = new Map<string, Trait>();

  /** @param traits JSON text */
  add(traits: string, timestamp: number): void {
    const sent: unknown = JSON.parse(traits);
    if (!isJsonObject(sent)) return;
    for (const [name, value] of Object.entries(sent)) {
      const known = this.#traits.get(name) ?? { name, value, lastSeen: timestamp };
      this.#traits.set(name, { ...known, firstSeen: timestamp });
    }
  }

  /** In the order in which names came. */
  list(): Trait[] {
    return [...this.#traits.values()];
  }

  latest(): JsonObject {
    return Object.fromEntries(this.list().map(({ name, value }) => [name, value]));
  }
}
