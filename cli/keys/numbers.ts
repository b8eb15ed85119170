import { InvalidArgumentError } from 'commander';

/** An option that is a whole number between these, both included. */
export function parseWhole(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= from && value <= to) return value;
    throw new InvalidArgumentError(`a whole number from ${from} to ${to}.`);
  };
}
