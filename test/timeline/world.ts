/** A lake with its timeline, and what a reader gets of it without the hot index. */
import { type BuildMode, buildTimeline, type TimelineResult } from '../../lakehouse/timeline/build.ts';
import type { SqliteDatabase } from '../../platform/bun/sqlite-database.ts';
import type { Database, ObjectStore } from '../../platform/ports.ts';
import { type Page, readTimeline, type TimelineQuery } from '../../query/resolve/timeline.ts';
import type { TimelineFiles } from '../../query/timeline/files.ts';
import { label } from '../equivalence/timeline.model.ts';
import { CONFIG, type TestLake } from '../lakehouse/lake.ts';
import { openIndex, T0, WHOLE_TIMELINE } from '../query/support.ts';

export function build(
  lake: TestLake,
  mode: BuildMode = 'now',
  store: ObjectStore = lake.lake,
): Promise<TimelineResult> {
  return buildTimeline({ ...lake, lake: store, config: CONFIG }, mode);
}

export function labelsOf({ edges }: Page): string[] {
  return edges.map(({ event }) => label(event.timestamp, event.source, event.messageId));
}

/** An index from which everything has left. */
export function emptyIndex(): SqliteDatabase {
  const index = openIndex();
  index.execute(`update index_state set dropped_newest = ${Number.MAX_SAFE_INTEGER}`);
  return index;
}

/** The whole timeline, page by page. */
export async function readWhole(
  index: Database,
  files: TimelineFiles,
  query: Partial<TimelineQuery> & { readonly users: readonly string[] },
): Promise<string[]> {
  const labels: string[] = [];
  for (let after: string | null = null; ; ) {
    const page: Page = await readTimeline(
      index,
      { ...WHOLE_TIMELINE, first: 7, ...query, after },
      async () => T0,
      files,
    );
    labels.push(...labelsOf(page));
    if (!page.hasNextPage) return labels;
    after = page.endCursor;
  }
}
