/** Where an event stands in a timeline: by time, then by source and messageId. */
export interface Position {
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly source: string;
  readonly messageId: string;
}

export type Order = 'newest' | 'oldest';

/** Negative when a comes before b. */
export type Comparison = (a: Position, b: Position) => number;

/** Newest first. */
export function comparePositions(a: Position, b: Position): number {
  return b.timestamp - a.timestamp || compareText(a.source, b.source) || compareText(a.messageId, b.messageId);
}

function compareOldestFirst(a: Position, b: Position): number {
  return a.timestamp - b.timestamp || compareText(a.source, b.source) || compareText(a.messageId, b.messageId);
}

export function comparisonOf(order: Order): Comparison {
  return order === 'newest' ? comparePositions : compareOldestFirst;
}

/** Before everything of that time, in either order. */
export function startOf(timestamp: number): Position {
  return { timestamp, source: '', messageId: '' };
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
