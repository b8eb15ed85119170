/**
 * Seeded chance. The same text gives the same draws on every machine: 32-bit integer arithmetic (the sfc32 generator)
 * and divisions only, as `Math.log` and its like differ between engines in the last digit.
 */
export class Dice {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  constructor(seed: string) {
    this.a = hash(seed, 0x811c9dc5);
    this.b = hash(seed, 0x9e3779b9);
    this.c = hash(seed, 0x85ebca6b);
    // The first draws of sfc32 still show the seed.
    for (let round = 0; round < 12; round++) this.bits();
  }

  /** From 0 up to, not including, 1. */
  share(): number {
    return this.bits() / 0x1_0000_0000;
  }

  /** A whole number from 0 up to, not including, `end`. */
  below(end: number): number {
    return Math.floor(this.share() * end);
  }

  /** A whole number from `first` up to and including `last`. */
  between(first: number, last: number): number {
    return first + this.below(last - first + 1);
  }

  /** True in `share` of all draws. */
  chance(share: number): boolean {
    return this.share() < share;
  }

  /** As `below`, leaning to the low numbers: the first tenth of them comes up in about a third of all draws. */
  leaning(end: number): number {
    const share = this.share();
    return Math.floor(share * share * end);
  }

  /** @param list must hold something */
  pick<T>(list: readonly T[]): T {
    return at(list, this.below(list.length));
  }

  /** As `pick`, leaning to the front of the list. */
  pickLeaning<T>(list: readonly T[]): T {
    return at(list, this.leaning(list.length));
  }

  hex(digits: number): string {
    let text = '';
    while (text.length < digits) text += this.bits().toString(16).padStart(8, '0');
    return text.slice(0, digits);
  }

  uuid(): string {
    const digits = this.hex(32);
    const [low, middle, high] = [digits.slice(0, 8), digits.slice(8, 12), digits.slice(20)];
    return `${low}-${middle}-4${digits.slice(12, 15)}-a${digits.slice(15, 18)}-${high}`;
  }

  private bits(): number {
    const result = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + result) | 0;
    return result >>> 0;
  }
}

/** @throws RangeError where the list holds no such item */
export function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new RangeError(`no item ${index} in a list of ${list.length}`);
  return item;
}

/** FNV-1a over the UTF-16 units. */
function hash(text: string, basis: number): number {
  let value = basis;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value;
}
