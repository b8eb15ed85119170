/** The course of a day: quiet nights, a bump at lunch, a long evening. */
export const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** How busy each hour is, UTC. */
const HOURS = [22, 16, 12, 10, 10, 14, 22, 34, 46, 54, 58, 64, 70, 62, 58, 58, 62, 70, 82, 94, 100, 88, 62, 38];
const TOTAL = HOURS.reduce((sum, weight) => sum + weight, 0);

/** @returns milliseconds since midnight at which `share` (0 to 1) of the traffic of the day is over */
export function momentAt(share: number): number {
  let left = share * TOTAL;
  for (const [hour, weight] of HOURS.entries()) {
    if (left < weight) return Math.floor((hour + left / weight) * HOUR_MS);
    left -= weight;
  }
  return DAY_MS - 1;
}

/**
 * @param day such as 2026-01-31
 * @returns epoch milliseconds of its midnight, UTC
 * @throws RangeError where it is no such day
 */
export function midnightOf(day: string): number {
  const midnight = Date.parse(`${day}T00:00:00.000Z`);
  if (Number.isNaN(midnight) || dayOf(midnight) !== day)
    throw new RangeError(`"${day}" is not a day such as 2026-01-31`);
  return midnight;
}

/** @param time epoch milliseconds */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
