/** Keeps the results of `make` for the `entries_max` keys used last. */
export function remember<Result>(entries_max: number, make: (key: string) => Result): (key: string) => Result {
  // A Map lists its keys in the order they were set, so the first is the one used longest ago.
  const known = new Map<string, { result: Result }>();
  return (key) => {
    const entry = known.get(key) ?? { result: make(key) };
    known.delete(key);
    known.set(key, entry);
    if (known.size > entries_max) {
      const { value: oldest } = known.keys().next();
      if (oldest !== undefined) known.delete(oldest);
    }
    return entry.result;
  };
}
