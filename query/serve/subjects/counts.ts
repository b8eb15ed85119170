/** How many events a timeline has. */
import { InletError } from '../../../schemas/errors.ts';
import type { Counts } from '../../resolve/count.ts';
import { type Cell, DAY_MS } from '../../resolve/tally.ts';

export interface Counted {
  /** Counts when it is asked for the first time. */
  count(): Promise<Counts>;
}

type CountBy = 'DAY' | 'TYPE';

const DAYS_MAX = 400;

export function countFields() {
  return {
    totalCount: async ({ count }: Counted) => sum((await count()).cells),
    totalCountIsExact: async ({ count }: Counted) => (await count()).isExact,
    counts: async ({ count }: Counted, { by }: { readonly by: readonly CountBy[] }) =>
      grouped((await count()).cells, by),
  };
}

/** Several fields ask for one answer. */
export function once<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let asked: Promise<Answer> | null = null;
  return () => {
    asked ??= ask();
    return asked;
  };
}

function grouped(cells: readonly Cell[], by: readonly CountBy[]) {
  const [byDay, byType] = [by.includes('DAY'), by.includes('TYPE')];
  if (byDay && new Set(cells.map(({ day }) => day)).size > DAYS_MAX) {
    throw new InletError('query_too_costly', { detail: `counts of at most ${DAYS_MAX} days` });
  }
  const groups = Map.groupBy(cells, ({ day, type }) => `${byDay ? day : ''} ${byType ? type : ''}`);
  return [...groups.values()]
    .map((same) => ({ day: 0, type: 'track', ...same[0], count: sum(same) }))
    .sort((a, b) => b.day - a.day || (a.type < b.type ? -1 : 1))
    .map(({ day, type, count }) => ({
      day: byDay ? new Date(day * DAY_MS).toISOString().slice(0, 10) : null,
      type: byType ? type : null,
      count,
    }));
}

function sum(cells: readonly Cell[]): number {
  return cells.reduce((total, { count }) => total + count, 0);
}
