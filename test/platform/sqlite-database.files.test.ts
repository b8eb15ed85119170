import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyMigrations } from '../../platform/bun/migrations.ts';
import { type SqliteDatabase, sqliteDatabase } from '../../platform/bun/sqlite-database.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'inlet-sqlite-'));
});
afterEach(() => rm(root, { recursive: true }));

describe('sqlite database', () => {
  it('makes its folder and keeps what was written when it is opened again', async () => {
    const path = join(root, 'new', 'test.sqlite');
    const first = sqliteDatabase(path);
    first.execute('create table t (n integer); insert into t values (1)');
    first.close();
    const second = sqliteDatabase(path);
    expect((await second.prepare('select n from t').all()).results).toEqual([{ n: 1 }]);
    second.close();
  });

  it('syncs every commit unless told that a crash of the process is all it must survive', async () => {
    const synchronous = async (options: Parameters<typeof sqliteDatabase>[1]) => {
      const database = sqliteDatabase(join(root, 'sync.sqlite'), options);
      const { results } = await database.prepare('pragma synchronous').all();
      database.close();
      return results;
    };
    expect(await synchronous({})).toEqual([{ synchronous: 2 }]);
    expect(await synchronous({ synchronous: 'normal' })).toEqual([{ synchronous: 1 }]);
  });

  it('reads beside a writer and refuses to write when it is readonly', async () => {
    const path = join(root, 'test.sqlite');
    const writer = sqliteDatabase(path);
    writer.execute('create table t (n integer)');
    const reader = sqliteDatabase(path, { readonly: true });
    await writer.prepare('insert into t values (?)').bind(5).run();
    expect((await reader.prepare('select n from t').all()).results).toEqual([{ n: 5 }]);
    await expect(reader.prepare('insert into t values (6)').run()).rejects.toThrow(/readonly/);
    expect(() => sqliteDatabase(join(root, 'absent.sqlite'), { readonly: true })).toThrow();
    reader.close();
    writer.close();
  });

  it('refuses statements of another database in a batch', async () => {
    const [one, other] = [sqliteDatabase(':memory:'), sqliteDatabase(':memory:')];
    await expect(one.batch([other.prepare('select 1')])).rejects.toThrow(TypeError);
  });

  it('undoes a whole script when one of its statements fails', async () => {
    const database = sqliteDatabase(':memory:');
    expect(() => database.execute('create table t (n integer); insert into nowhere values (1)')).toThrow(/nowhere/);
    expect((await database.prepare("select 1 from sqlite_schema where name = 't'").all()).results).toEqual([]);
  });

  it('runs more different statements than it keeps', async () => {
    const database = sqliteDatabase(':memory:');
    for (let count = 0; count < 300; count += 1) {
      const { results } = await database.prepare(`select ${count} as n`).all();
      expect(results).toEqual([{ n: count }]);
    }
  });
});

describe('migrations', () => {
  const FILES = readdirSync(new URL('../../schemas/hot-index/', import.meta.url)).sort();

  it('apply once, and are noted under the names that wrangler uses', async () => {
    const database = sqliteDatabase(':memory:');
    await applyMigrations(database, 'hot-index');
    await applyMigrations(database, 'hot-index');
    const { results } = await database.prepare('select id, name from d1_migrations').all();
    expect(results).toEqual(FILES.map((name, index) => ({ id: index + 1, name })));
  });

  it('leave nothing of a file that fails', async () => {
    const database = sqliteDatabase(':memory:');
    database.execute('create table read_tokens (other integer)');
    await expect(applyMigrations(database, 'control')).rejects.toThrow(/read_tokens already exists/);
    expect((await database.prepare('select name from d1_migrations').all()).results).toEqual([]);
    expect((await database.prepare("select 1 from sqlite_schema where name = 'write_keys'").all()).results).toEqual([]);
  });

  it('apply once when another process comes in between', async () => {
    const path = join(root, 'between.sqlite');
    const [own, other] = [sqliteDatabase(path), sqliteDatabase(path)];
    const scripts: string[] = [];
    const late: SqliteDatabase = {
      ...own,
      execute(script) {
        scripts.push(script);
        other.execute(script);
        own.execute(script);
      },
    };
    await applyMigrations(late, 'hot-index');
    expect(scripts).toHaveLength(1 + FILES.length);
    expect((await own.prepare('select name from d1_migrations').all()).results).toHaveLength(FILES.length);
    expect((await own.prepare('select active from index_state').all()).results).toHaveLength(1);
    own.close();
    other.close();
  });

  it('apply once when processes start at the same time', async () => {
    const path = join(root, 'shared.sqlite');
    const source = (file: string) => JSON.stringify(new URL(`../../platform/bun/${file}`, import.meta.url).pathname);
    const script = `
      const { applyMigrations } = await import(${source('migrations.ts')});
      const { sqliteDatabase } = await import(${source('sqlite-database.ts')});
      await applyMigrations(sqliteDatabase(${JSON.stringify(path)}), 'hot-index');`;
    const starts = Array.from({ length: 4 }, () => Bun.spawn([process.execPath, '-e', script], { stderr: 'pipe' }));
    const errors = await Promise.all(starts.map((start) => new Response(start.stderr).text()));
    expect(await Promise.all(starts.map((start) => start.exited)), errors.join('\n')).toEqual([0, 0, 0, 0]);
    const database = sqliteDatabase(path);
    expect((await database.prepare('select name from d1_migrations').all()).results).toHaveLength(FILES.length);
    database.close();
  });
});
