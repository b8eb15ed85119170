/** Known operations out of the control database, where those of every process and isolate are. */
import type { Clock, Database } from '../../platform/ports.ts';
import { refusal } from './errors.ts';
import type { Operations } from './operations.ts';

/** One that was added works soon, one that was removed stops within a minute. */
const REMEMBER_MS = { known: 60_000, unknown: 5_000 };
/** Of texts that are remembered, together, characters. */
const CHARACTERS_MAX = 2 * 1_048_576;
const UNKNOWN_MAX = 1_000;
const SHA256 = /^[0-9a-f]{64}$/;

export interface OperationPorts {
  readonly control: Database;
  readonly clock: Clock;
  /** Told when the database cannot be asked. */
  readonly report: (fault: unknown) => void;
}

/** @param also known without the database, by SHA-256 */
export function storedOperations(ports: OperationPorts, also: ReadonlyMap<string, string>): Operations {
  const { control, clock, report } = ports;
  const known = new Map<string, { readonly text: string; readonly until: number }>();
  const unknown = new Map<string, number>();
  let characters = 0;

  const forget = (hash: string): void => {
    characters -= known.get(hash)?.text.length ?? 0;
    known.delete(hash);
    unknown.delete(hash);
  };
  const remember = (hash: string, text: string | null): void => {
    forget(hash);
    if (text === null) {
      unknown.set(hash, clock.now() + REMEMBER_MS.unknown);
      for (const oldest of unknown.keys()) if (unknown.size > UNKNOWN_MAX) forget(oldest);
      return;
    }
    known.set(hash, { text, until: clock.now() + REMEMBER_MS.known });
    characters += text.length;
    for (const oldest of known.keys()) if (characters > CHARACTERS_MAX) forget(oldest);
  };

  return {
    async find(sha256) {
      const hash = sha256.toLowerCase();
      if (!SHA256.test(hash)) return null;
      const own = also.get(hash);
      if (own !== undefined) return own;
      const now = clock.now();
      const held = known.get(hash);
      if (held !== undefined && now < held.until) return held.text;
      if (now < (unknown.get(hash) ?? Number.NEGATIVE_INFINITY)) return null;
      const text = await ask(control, hash).catch((cause: unknown) => {
        report(cause);
        throw refusal('authority_away');
      });
      remember(hash, text);
      return text;
    },
  };
}

async function ask(control: Database, hash: string): Promise<string | null> {
  const { results } = await control
    .prepare('select text from operations where sha256 = ?')
    .bind(hash)
    .all<{ text: string }>();
  return results[0]?.text ?? null;
}
