/** What the server and its processes say to each other. Packs go as references: the consumer reads the journals. */
import { isJsonObject } from '../../schemas/event.ts';
import type { Settlement } from './queue/consume.ts';
import type { MessageReference } from './queue/read.ts';

export interface PackReference extends MessageReference {
  readonly id: string;
  readonly attempts: number;
}

export type ToChild = { readonly kind: 'stop' };

export type FromChild =
  | { readonly kind: 'ready' }
  /** Prometheus samples, names to values. */
  | { readonly kind: 'metrics'; readonly samples: Readonly<Record<string, number>> }
  | { readonly kind: 'problem'; readonly text: string };

export type ToConsumer =
  | ToChild
  | { readonly kind: 'batch'; readonly batch: number; readonly packs: readonly PackReference[] };

/** Told every second: whether the consumer has all it can do. */
export type ToCentral = ToChild | { readonly kind: 'load'; readonly is_busy: boolean };

/** What became of each pack of a batch, in order. */
export interface Settled {
  readonly kind: 'settled';
  readonly batch: number;
  readonly settlements: Settlement[];
  /** The key of the segment that they are in now; null where there is none. */
  readonly segment: string | null;
}

/** The two sides are one program of one version: the kind is all that needs checking. */
export function isMessage<Message extends { readonly kind: string }>(
  value: unknown,
  kinds: readonly Message['kind'][],
): value is Message {
  return isJsonObject(value) && kinds.some((kind) => kind === value.kind);
}
