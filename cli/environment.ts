/** What every sub-command works on: the config of the environment and the stores it names. */
import { join } from 'node:path';
import { openLake } from '../platform/bun/lake.ts';
import { applyMigrations } from '../platform/bun/migrations.ts';
import { type SqliteDatabase, sqliteDatabase } from '../platform/bun/sqlite-database.ts';
import { systemClock, systemRandom } from '../platform/bun/system.ts';
import type { Clock, LocalFiles, ObjectStore, Random } from '../platform/ports.ts';
import { type Config, parseConfig } from '../schemas/config.ts';

export interface Environment {
  readonly config: Config;
  readonly lake: ObjectStore;
  readonly files: LocalFiles;
  /** Where the lake is, to other engines. */
  readonly lake_uri: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** @throws ConfigError with every problem of the environment. */
export function openEnvironment(): Environment {
  const config = parseConfig(process.env);
  return { config, ...openLake(config), clock: systemClock, random: systemRandom };
}

/** Opens the control database of the data folder, brought up to date. */
export async function openControl(config: Config): Promise<SqliteDatabase> {
  const database = sqliteDatabase(join(config.data_dir, 'control.sqlite'));
  await applyMigrations(database, 'control');
  return database;
}
