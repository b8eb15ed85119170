import { readdir, readFile } from 'node:fs/promises';
import type { SqliteDatabase } from './sqlite-database.ts';

const SCHEMAS = new URL('../../schemas/', import.meta.url);

/** The table in which wrangler keeps what it applied to a D1 database. */
const TABLE = `create table if not exists d1_migrations (
  id integer primary key autoincrement,
  name text unique,
  applied_at timestamp default current_timestamp not null
);`;

/**
 * Applies `schemas/<name>/*.sql` in order, each once and as one transaction. Processes may do it at the same time.
 *
 * @throws the error of the first file that fails, with nothing of that file applied.
 */
export async function applyMigrations(database: SqliteDatabase, name: 'control' | 'hot-index'): Promise<void> {
  const folder = new URL(`${name}/`, SCHEMAS);
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort();
  database.execute(TABLE);
  for (const file of files) {
    if (!(await isApplied(database, file))) await apply(database, file, await readFile(new URL(file, folder), 'utf8'));
  }
}

async function apply(database: SqliteDatabase, file: string, script: string): Promise<void> {
  try {
    // The name is unique: of two processes the second fails, and with that its whole script is undone.
    database.execute(`insert into d1_migrations (name) values ('${file}');\n${script}`);
  } catch (error) {
    if (!(await isApplied(database, file))) throw error;
  }
}

async function isApplied(database: SqliteDatabase, file: string): Promise<boolean> {
  const { results } = await database.prepare('select 1 from d1_migrations where name = ?').bind(file).all();
  return results.length > 0;
}
