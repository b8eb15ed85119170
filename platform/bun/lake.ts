import { join } from 'node:path';
import type { Config } from '../../schemas/config.ts';
import type { LocalFiles, ObjectStore } from '../ports.ts';
import { folderStore } from './folder-store.ts';
import { folderFiles, s3Files } from './local-files.ts';
import { s3Store } from './s3-store.ts';

/** The lake that the config names: a bucket, else a folder in the data folder. */
export function openLake(config: Config): { lake: ObjectStore; files: LocalFiles } {
  const scratch = join(config.data_dir, 'scratch');
  if (config.s3 !== null) {
    const lake = s3Store(config.s3);
    return { lake, files: s3Files(lake, scratch) };
  }
  const root = join(config.data_dir, 'lake');
  return { lake: folderStore(root), files: folderFiles(root, scratch) };
}
