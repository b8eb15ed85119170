import type { HotEvent } from '../index/hot-events.ts';

/** One copy of an event, as found in a hot row or in a file of the timeline. */
export interface Copy {
  readonly event: HotEvent;
  readonly stamp: string;
  /** About how much JSON it is. */
  readonly characters: number;
  /** Whether it is from a file: the hot index may know nothing of it. */
  readonly isCold: boolean;
}
