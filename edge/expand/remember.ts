/**
 * Keeps results of `make` for at most `entries_max` keys, those used lately. They lie in two halves, and when the newer is
 * full the older is forgotten whole: a hit then costs one look-up, where a list in the order of use costs three.
 */
export function remember<Result>(entries_max: number, make: (key: string) => Result): (key: string) => Result {
  const half = Math.floor(entries_max / 2);
  let newer = new Map<string, { result: Result }>();
  let older = newer;
  return (key) => {
    const known = newer.get(key);
    if (known !== undefined) return known.result;
    const entry = older.get(key) ?? { result: make(key) };
    if (newer.size >= half) {
      older = newer;
      newer = new Map();
    }
    newer.set(key, entry);
    return entry.result;
  };
}
