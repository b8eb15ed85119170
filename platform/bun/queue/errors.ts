/** The queue takes nothing more for now: too much waits, or the disk has too little left. Send again later. */
export class QueueFullError extends Error {
  constructor(detail: string) {
    super(`The queue is full: ${detail}.`);
    this.name = 'QueueFullError';
  }
}

export class QueueClosedError extends Error {
  constructor() {
    super('The queue is closed.');
    this.name = 'QueueClosedError';
  }
}

/** The bytes of a message on disk are not those that were sent. */
export class CorruptMessageError extends Error {
  constructor(path: string, offset: number) {
    super(`The message at byte ${offset} of ${path} is damaged.`);
    this.name = 'CorruptMessageError';
  }
}

/** What an operator should hear of. None of these stops the queue. */
export interface QueueProblem {
  /**
   * - `corrupt`: bytes in the middle of a journal are no message; what was there is lost. The file is kept.
   * - `torn`: bytes at the end of a journal are no message, as after a crash; nobody was told that they were stored.
   * - `flush_failed`: a group could not be made durable; its senders were told.
   * - `ack_failed`: acknowledgements could not be noted; the messages come again after a restart.
   * - `buried`: messages went to the dead letters.
   * - `bury_failed`: they could not; it is tried again.
   */
  readonly code: 'corrupt' | 'torn' | 'flush_failed' | 'ack_failed' | 'buried' | 'bury_failed';
  readonly detail: string;
  readonly cause?: unknown;
}

export type Report = (problem: QueueProblem) => void;
