/** Where an event stands in a timeline: newest first, then by source and messageId. */
export interface Position {
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly source: string;
  readonly messageId: string;
}

/** Negative when a comes before b. */
export function comparePositions(a: Position, b: Position): number {
  return b.timestamp - a.timestamp || compareText(a.source, b.source) || compareText(a.messageId, b.messageId);
}

/** Before everything of that time, after everything newer. */
export function startOf(timestamp: number): Position {
  return { timestamp, source: '', messageId: '' };
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
