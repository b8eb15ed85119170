/**
 * Makes the hot index again from the log, beside the one in use, which answers until the new one takes over. Consumers
 * fill both meanwhile: they put a segment first and look for a rebuild second, so a segment is either in the list made
 * here or written by its consumer.
 */

import { readRows } from '../../lakehouse/append/read.ts';
import { tableFiles } from '../../lakehouse/catalog/files.ts';
import { openLog } from '../../lakehouse/catalog/log.ts';
import { abandonRebuild, finishRebuild, startRebuild, writeToSlot } from '../../query/index/rebuild.ts';
import type { HotIndex, ObjectStore, Progress } from '../ports.ts';

/** @returns how many events the new index was made from, copies included. */
export async function rebuildIndex(lake: ObjectStore, index: HotIndex, progress?: Progress): Promise<number> {
  const slot = await startRebuild(index);
  try {
    const log = await openLog(lake);
    const keys = [...(await tableFiles(lake, log.snapshot)), ...log.segments].map(({ key }) => key);
    let events = 0;
    for (const [position, key] of keys.entries()) {
      for await (const rows of readRows(lake, key)) {
        await writeToSlot(index, slot, rows);
        events += rows.length;
      }
      progress?.('files read', position + 1, keys.length);
    }
    await finishRebuild(index, slot);
    return events;
  } catch (error) {
    await abandonRebuild(index, slot);
    throw error;
  }
}
