/**
 * Message ids of a load run: as an SDK writes them, different for every event, and known from the number of the event,
 * so that a crash test can say which events were acknowledged without keeping them.
 */

/** Eight hex digits that set the run apart. */
export type Run = string;

/** What stands in a body until the id is written over it. */
export const PLACEHOLDER = 'node-next-0000000000000-00000000-0000-4000-a000-000000000000';

const TIME_AT = 'node-next-'.length;
const TIME_DIGITS = 13;
/** The ids of an SDK begin with the time. Here it runs by the number: a heavy stream has so many events a millisecond. */
const FIRST_TIME = 1_760_000_000_000;
const EVENTS_PER_MS = 20;
const RUN_AT = PLACEHOLDER.indexOf('00000000-0000-4');
const MIDDLE_AT = [RUN_AT + 9, RUN_AT + 15, RUN_AT + 20] as const;
const TAIL_AT = RUN_AT + 24;
const DIGITS = Buffer.from('0123456789abcdef');

/**
 * Writes the id of event `number` (from 0 to 2^48 - 1) over the placeholder at `offset`. The digits look random, as
 * those of an SDK do: counting up would let the server compress them away.
 */
export function writeMessageId(bytes: Uint8Array, offset: number, run: Run, number: number): void {
  writeDecimal(bytes, offset + TIME_AT, (FIRST_TIME + Math.floor(number / EVENTS_PER_MS)) % 10 ** TIME_DIGITS);
  for (let index = 0; index < run.length; index++) bytes[offset + RUN_AT + index] = run.charCodeAt(index);
  // Each step can be undone, so no two numbers give the same digits.
  const low = Math.imul(number % 0x1_00_00_00, 0x9e3779b1) & 0xff_ff_ff;
  const noise = Math.imul(low ^ (low >>> 11) ^ 0x5bd1e995, 0x85ebca6b);
  const high = (Math.floor(number / 0x1_00_00_00) + (noise >>> 8)) & 0xff_ff_ff;
  writeHex(bytes, offset + MIDDLE_AT[0], noise, 4);
  writeHex(bytes, offset + MIDDLE_AT[1], noise >>> 16, 3);
  writeHex(bytes, offset + MIDDLE_AT[2], Math.imul(noise, 0xc2b2ae35) >>> 9, 3);
  writeHex(bytes, offset + TAIL_AT, high, 6);
  writeHex(bytes, offset + TAIL_AT + 6, low, 6);
}

export function messageIdOf(run: Run, number: number): string {
  const bytes = Buffer.from(PLACEHOLDER);
  writeMessageId(bytes, 0, run, number);
  return bytes.toString();
}

function writeDecimal(bytes: Uint8Array, offset: number, value: number): void {
  let rest = value;
  for (let index = TIME_DIGITS - 1; index >= 0; index--) {
    bytes[offset + index] = DIGITS[rest % 10] ?? 0;
    rest = Math.floor(rest / 10);
  }
}

function writeHex(bytes: Uint8Array, offset: number, value: number, digits: number): void {
  let rest = value;
  for (let index = digits - 1; index >= 0; index--) {
    bytes[offset + index] = DIGITS[rest & 15] ?? 0;
    rest >>>= 4;
  }
}
