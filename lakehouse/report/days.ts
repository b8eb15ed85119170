/** Days as text: 2026-01-31. Text order is the order of time. */
import { InletError } from '../../schemas/errors.ts';

export const DAY_MS = 86_400_000;

/** The UTC day of a time in epoch milliseconds. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

export function addDays(day: string, days: number): string {
  return dayOf(Date.parse(day) + days * DAY_MS);
}

/** @throws InletError date_invalid unless it is a day that exists */
export function parseDay(text: string): string {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time) || dayOf(time) !== text) throw new InletError('date_invalid', { detail: text });
  return text;
}

/** @returns every day from `from` up to and including `to`. @throws InletError date_invalid when there are none */
export function daysBetween(from: string, to: string): string[] {
  if (parseDay(from) > parseDay(to)) throw new InletError('date_invalid', { detail: `${from} is after ${to}` });
  const days: string[] = [];
  for (let day = from; day <= to; day = addDays(day, 1)) days.push(day);
  return days;
}

/** The day in a time zone at a time in epoch milliseconds. @throws RangeError for a zone that there is not */
export function dayIn(timeZone: string, time: number): string {
  // Swedish writes dates as ISO 8601 has them.
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(time);
}

/** @throws RangeError for a zone that there is not */
export function checkTimeZone(timeZone: string): void {
  dayIn(timeZone, 0);
}
