/** Reads a system-call trace of strace: which flushes had returned when an answer left. */
export interface Step {
  readonly kind: 'write' | 'flush' | 'answer';
}

const FLUSH_DONE = /(?:fdatasync|fsync)(?:\(\d+\)| resumed>.*\)?)\s*=\s*0|<\.\.\. (?:fdatasync|fsync) resumed>.*=\s*0/;
/** A frame of the queue begins with its magic. */
const PACK_WRITE = /(?:pwrite64|pwritev|pwritev2|write|writev)\(.*IPK1/;
const ANSWER = /(?:sendto|sendmsg|write|writev)\(.*HTTP\/1\.1 200/;

export function stepsOf(trace: string): Step[] {
  return trace.split('\n').flatMap((line): Step[] => {
    if (PACK_WRITE.test(line)) return [{ kind: 'write' }];
    if (FLUSH_DONE.test(line)) return [{ kind: 'flush' }];
    if (ANSWER.test(line)) return [{ kind: 'answer' }];
    return [];
  });
}

/** @returns how many answers left while something that had been written was not flushed, or before anything was. */
export function answersBeforeFlush(steps: readonly Step[]): number {
  let durable = false;
  let early = 0;
  for (const { kind } of steps) {
    if (kind === 'write') durable = false;
    else if (kind === 'flush') durable = true;
    else if (!durable) early += 1;
  }
  return early;
}
