/** Tests on the code itself: what every file keeps to, so that the tree stays easy to see. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../schemas/errors.ts';
import { codeOf, ownImports, ROOMS, ROOT, sourceFiles } from './source.ts';

const LINES_MAX = 350;

/** What each folder may import besides itself. `platform/app`, the entry files and `cli` join the rooms. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  schemas: [],
  edge: ['schemas/', 'platform/ports.ts'],
  lakehouse: ['schemas/', 'platform/ports.ts'],
  query: ['schemas/', 'platform/ports.ts'],
  'platform/ports.ts': [],
  'platform/app': ['edge/', 'lakehouse/', 'query/', 'schemas/', 'platform/ports.ts'],
  'platform/bun': ['schemas/', 'platform/ports.ts'],
  'platform/bun/main': ['edge/', 'lakehouse/', 'query/', 'schemas/', 'platform/'],
  'platform/cloudflare': ['schemas/', 'platform/ports.ts'],
  'platform/cloudflare/main': ['edge/', 'lakehouse/', 'query/', 'schemas/', 'platform/app/', 'platform/ports.ts'],
  'platform/sim': ['schemas/', 'platform/ports.ts', 'platform/bun/sqlite-database.ts', 'platform/bun/migrations.ts'],
  cli: ['edge/', 'lakehouse/', 'query/', 'schemas/', 'platform/'],
};

function roomOf(path: string): string {
  return (
    Object.keys(MAY_IMPORT)
      .filter((room) => path === room || path.startsWith(room.endsWith('main') ? room : `${room}/`))
      .sort((a, b) => b.length - a.length)[0] ?? ''
  );
}

/** Each ban names what to use in its place. */
const BANS: { pattern: RegExp; instead: string; allowed: RegExp }[] = [
  {
    pattern: /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|\bsetTimeout\(|\bsetInterval\(/,
    instead: 'the Clock port',
    allowed: /^(platform\/(bun|cloudflare|sim)|cli|test)\//,
  },
  {
    pattern: /\bMath\.random\(|\brandomUUID\(|\bgetRandomValues\(|\brandomBytes\(/,
    instead: 'the Random port',
    allowed: /^(platform\/(bun|cloudflare|sim)|test)\//,
  },
  { pattern: /\bBun\./, instead: 'a port', allowed: /^(platform\/(bun|sim)|cli|test)\// },
  {
    pattern: /\bconsole\./,
    instead: 'process.stdout, or the report callback',
    allowed: /^(platform\/cloudflare|test)\//,
  },
  { pattern: /\b(as any|: any\b|@ts-ignore|@ts-nocheck)/, instead: 'parse at the border', allowed: /^$/ },
  { pattern: /\b(it|describe|test)\.(only|todo)\(/, instead: 'the whole suite', allowed: /^$/ },
];

describe('tidy', () => {
  const files = sourceFiles(...ROOMS);

  it.each(files.map((file) => [file.path, file] as const))('%s is at most 350 lines', (_, { text }) => {
    expect(text.split('\n').length).toBeLessThanOrEqual(LINES_MAX);
  });

  it('imports go one way: rooms do not know each other', () => {
    const wrong = files
      .filter(({ path }) => !path.startsWith('test/'))
      .flatMap((file) => {
        const room = roomOf(file.path);
        const allowed = MAY_IMPORT[room] ?? [];
        const own = room.endsWith('main') ? 'platform/' : `${room}/`;
        return ownImports(file)
          .filter((target) => !target.startsWith(own) && !allowed.some((prefix) => target.startsWith(prefix)))
          .map((target) => `${file.path} imports ${target}`);
      });
    expect(wrong).toEqual([]);
  });

  it.each(BANS)('nothing uses $pattern outside its place: use $instead', ({ pattern, allowed }) => {
    const wrong = files
      .filter(
        (file) => !allowed.test(file.path) && file.path !== 'test/tidy/tidy.test.ts' && pattern.test(codeOf(file)),
      )
      .map(({ path }) => path);
    expect(wrong).toEqual([]);
  });

  it('every error code is used', () => {
    const code = files
      .filter(({ path }) => path !== 'schemas/errors.ts')
      .map(({ text }) => text)
      .join('\n');
    expect(Object.keys(ERRORS).filter((name) => !code.includes(`'${name}'`))).toEqual([]);
  });

  it("the README's map names folders that are there, and all of them", () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    const map = /<!-- map -->([\s\S]*?)<!-- \/map -->/.exec(readme)?.[1] ?? '';
    const named = [...map.matchAll(/^\| `([\w.-]+)\/` /gm)].map(([, folder = '']) => folder);
    expect(named).toEqual(
      expect.arrayContaining(['edge', 'lakehouse', 'query', 'schemas', 'platform', 'cli', 'test', 'docs']),
    );
    expect(
      named.filter((folder) => !existsSync(join(ROOT, folder)) || !statSync(join(ROOT, folder)).isDirectory()),
    ).toEqual([]);
  });

  it('exact versions only, so that two installs are the same', () => {
    const manifest: unknown = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(JSON.stringify(manifest)).not.toMatch(/"[\^~]\d/);
  });
});
