import { createHash } from 'node:crypto';
import { USER_DAYS } from './definitions.ts';
import type { ReportDefinition } from './header.ts';

/** Names what the stored rows of a report follow from, beside the events. */
export function editionOf({ sql, reads }: ReportDefinition, timezone: string): string {
  const texts = [timezone, sql, ...(reads === 'user_days' ? [USER_DAYS.sql] : [])];
  return createHash('sha256').update(texts.join('\0')).digest('hex').slice(0, 12);
}
