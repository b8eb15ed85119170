import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderStore } from '../../platform/bun/folder-store.ts';
import { keyValue } from '../../platform/bun/key-value.ts';
import { s3Store } from '../../platform/bun/s3-store.ts';
import { sqliteDatabase } from '../../platform/bun/sqlite-database.ts';
import { describeDatabase } from '../conformance/ports/database.ts';
import { describeKeyValue } from '../conformance/ports/key-value.ts';
import { describeObjectStore } from '../conformance/ports/object-store.ts';
import { startS3 } from './miniflare-s3.ts';

const temporaryFolder = () => mkdtemp(join(tmpdir(), 'inlet-ports-'));

describeObjectStore('folder', async () => {
  const root = await temporaryFolder();
  return { port: folderStore(root), close: () => rm(root, { recursive: true }) };
});

describeObjectStore('s3', async () => {
  const server = await startS3();
  return { port: s3Store(server.config), close: server.close };
});

describeDatabase('sqlite', async () => {
  const root = await temporaryFolder();
  const database = sqliteDatabase(join(root, 'test.sqlite'));
  const close = async () => {
    database.close();
    await rm(root, { recursive: true });
  };
  return { port: database, close };
});

describeKeyValue('bun', async () => ({ port: keyValue() }));
