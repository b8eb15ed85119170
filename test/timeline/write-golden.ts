/** `bun test/timeline/write-golden.ts`: writes the golden timeline. Only for a new version of the format. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTimelineVersion } from '../../lakehouse/timeline/store.ts';
import { groupsKey, timelineVersionKey } from '../../schemas/timeline.ts';
import { append, compact, testLake } from '../lakehouse/lake.ts';
import { FIRST_ROWS, SECOND_ROWS } from './golden.ts';
import { build } from './world.ts';

const lake = testLake();
for (const rows of [FIRST_ROWS, SECOND_ROWS]) {
  await append(lake, [rows]);
  await compact(lake);
  await build(lake);
}
// Before the two runs became one.
const version = await readTimelineVersion(lake.lake, 2);
const files = version?.runs.flatMap((run) => run.files) ?? [];
const keys = [timelineVersionKey(2), ...files.flatMap(({ key }) => [key, groupsKey(key)])];
const objects: Record<string, string> = {};
for (const key of keys) {
  const object = await lake.lake.get(key);
  if (object !== null) objects[key] = Buffer.from(await object.arrayBuffer()).toString('base64');
}
await writeFile(join(import.meta.dirname, 'timeline.golden.json'), `${JSON.stringify(objects, null, 2)}\n`);
lake.close();
