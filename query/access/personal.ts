/**
 * Hides personal data: by the name it goes under, and by what it looks like. Pure, so that one event is masked in the same
 * way wherever it is shown.
 */
import { isPersonalName } from './personal-names.ts';

export const MASKED = '[masked]';

/** Deeper than anybody nests on purpose. */
const DEPTH_MAX = 32;

/** Bounded on both sides of the @, so that no text takes long. In URLs the @ is %40. */
const EMAIL = /[^\s@"'<>(),;:?&=#/]{1,64}(?:@|%40)[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62}\.){1,8}\p{L}{2,24}/giu;
const EMAIL_SIGN = /@|%40/;
const IPV4 = /^(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?$/;
const IPV6 =
  /^\[?(?:(?=.*::)(?=.*[\da-f])[\da-f:]{2,39}(?:(?:\d{1,3}\.){3}\d{1,3})?|(?:[\da-f]{1,4}:){7}[\da-f]{1,4})\]?$/i;
const PHONE = /^\+\d[\d\s().-]{5,24}\d$/;
const PLAIN_ADDRESS_LENGTH_MAX = 64;

/** What a browser's version looks like, and an address too. */
const VERSION_NAME = /version|build/i;

/** Properties, or a context: any JSON. `name` is that of a person only in `traits`. */
export function maskPersonal(value: unknown): unknown {
  return maskAt(value, '', false, 0);
}

/** What an identify or group call says of somebody: `name` is personal as well. */
export function maskTraits(value: unknown): unknown {
  return maskAt(value, 'traits', false, 0);
}

/** Text by what it looks like; emails are cut out of it. @param name that it goes under */
export function maskText(text: string, name = ''): string {
  if (text.length <= PLAIN_ADDRESS_LENGTH_MAX) {
    const plain = text.trim();
    if (PHONE.test(plain) || IPV6.test(plain) || (IPV4.test(plain) && !VERSION_NAME.test(name))) return MASKED;
  }
  return EMAIL_SIGN.test(text) ? text.replace(EMAIL, MASKED) : text;
}

/** What was sent and refused: JSON is masked inside, of anything else nobody can say what is in it. */
export function maskBody(body: string): string {
  try {
    return JSON.stringify(maskPersonal(JSON.parse(body)));
  } catch {
    return MASKED;
  }
}

/** @param name that the value goes under @param hides whether a name around it is personal */
function maskAt(value: unknown, name: string, hides: boolean, depth: number): unknown {
  if (typeof value === 'string') return hides ? MASKED : maskText(value, name);
  if (typeof value === 'number') return hides ? MASKED : value;
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEPTH_MAX) return MASKED;
  if (Array.isArray(value)) return value.map((item) => maskAt(item, name, hides, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const personal = hides || isPersonalName(key) || (name === 'traits' && key === 'name');
      return [maskText(key), maskAt(inner, key, personal, depth + 1)];
    }),
  );
}
