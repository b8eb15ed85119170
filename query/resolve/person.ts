/** Who somebody is, out of traits as the Segment spec names them. Pure. */
import type { JsonObject } from '../../schemas/event.ts';

/** @returns null where no trait says it */
export function nameOf(traits: JsonObject): string | null {
  const whole = textOf(traits.name);
  if (whole !== null) return whole;
  const first = textOf(traits.firstName) ?? textOf(traits.first_name);
  const last = textOf(traits.lastName) ?? textOf(traits.last_name);
  return first === null || last === null ? (first ?? last) : `${first} ${last}`;
}

/** The address of a picture. @returns null where no trait says it */
export function avatarOf(traits: JsonObject): string | null {
  return textOf(traits.avatar);
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}
