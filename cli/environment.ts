/** What every sub-command works on: the config of the environment and the stores it names. */
import { join } from 'node:path';
import { openLake } from '../platform/bun/lake.ts';
import { applyMigrations } from '../platform/bun/migrations.ts';
import { type SqliteDatabase, sqliteDatabase } from '../platform/bun/sqlite-database.ts';
import { systemClock } from '../platform/bun/system.ts';
import type { Clock, LocalFiles, ObjectStore } from '../platform/ports.ts';
import { type Config, parseConfig } from '../schemas/config.ts';

export interface Environment {
  readonly config: Config;
  readonly lake: ObjectStore;
  readonly files: LocalFiles;
  readonly clock: Clock;
}

/** @throws ConfigError with every problem of the environment. */
export function openEnvironment(): Environment {
  const config = parseConfig(process.env);
  return { config, ...openLake(config), clock: systemClock };
}

/** Opens one of the databases of the data folder, brought up to date. */
export async function openDatabase(config: Config, name: 'control' | 'hot-index'): Promise<SqliteDatabase> {
  const database = sqliteDatabase(join(config.data_dir, `${name}.sqlite`));
  await applyMigrations(database, name);
  return database;
}
