/** The local stores of `wrangler dev`, made ready by this process: starting wrangler for each step takes much longer. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { getPlatformProxy, unstable_splitSqlQuery } from 'wrangler';
import { createWriteKey } from '../../platform/app/keys.ts';
import { createReadToken } from '../../platform/app/read-tokens.ts';
import { systemClock, systemRandom } from '../../platform/bun/system.ts';
import type { Database } from '../../platform/ports.ts';

const SCHEMAS = join(import.meta.dir, '..', '..', 'schemas');

/** The table in which wrangler keeps what it applied to a D1 database. */
const MIGRATIONS_TABLE = `create table if not exists d1_migrations (
  id integer primary key autoincrement,
  name text unique,
  applied_at timestamp default current_timestamp not null
)`;

export interface StoreSettings {
  /** Path of a wrangler.toml. */
  readonly config: string;
  /** What `wrangler dev` takes as --persist-to. */
  readonly state: string;
  readonly writeKey: string;
  readonly readToken: string;
}

/** Applies the migrations, and makes the write key and the read token. What is there already stays as it is. */
export async function prepareStores({ config, state, writeKey, readToken }: StoreSettings): Promise<void> {
  const { env, dispose } = await getPlatformProxy<{ CONTROL: Database; INDEX: Database }>({
    configPath: config,
    persist: { path: join(state, 'v3') },
  });
  try {
    await applyMigrations(env.CONTROL, join(SCHEMAS, 'control'));
    await applyMigrations(env.INDEX, join(SCHEMAS, 'hot-index'));
    const ports = { control: env.CONTROL, clock: systemClock, random: systemRandom };
    await createWriteKey(ports, { source: 'default', kind: 'public', preset: writeKey });
    await createReadToken(ports, { name: 'local', preset: readToken });
  } finally {
    await dispose();
  }
}

async function applyMigrations(database: Database, folder: string): Promise<void> {
  await database.prepare(MIGRATIONS_TABLE).run();
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort();
  for (const file of files) {
    const { results } = await database.prepare('select 1 from d1_migrations where name = ?').bind(file).all();
    if (results.length > 0) continue;
    const statements = unstable_splitSqlQuery(await readFile(join(folder, file), 'utf8'));
    await database.batch([
      ...statements.map((sql) => database.prepare(sql)),
      database.prepare('insert into d1_migrations (name) values (?)').bind(basename(file)),
    ]);
  }
}
