import { join, resolve } from 'node:path';
import type { Config } from '../../schemas/config.ts';
import type { LocalFiles, ObjectStore } from '../ports.ts';
import { folderStore } from './folder-store.ts';
import { folderFiles, s3Files } from './local-files.ts';
import { s3Store } from './s3-store.ts';

export interface Lake {
  readonly lake: ObjectStore;
  readonly files: LocalFiles;
  /** Where the lake is, to other engines: `file:///var/inlet/lake`, `s3://bucket`. */
  readonly lake_uri: string;
}

/** The lake that the config names: a bucket, else a folder in the data folder. */
export function openLake(config: Config): Lake {
  const scratch = join(config.data_dir, 'scratch');
  if (config.s3 !== null) {
    const lake = s3Store(config.s3);
    return { lake, files: s3Files(lake, scratch), lake_uri: config.lake_uri ?? `s3://${config.s3.bucket}` };
  }
  const root = join(config.data_dir, 'lake');
  const lake_uri = config.lake_uri ?? `file://${resolve(root)}`;
  return { lake: folderStore(root), files: folderFiles(root, scratch), lake_uri };
}
