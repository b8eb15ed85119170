import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, parseConfig } from '../../schemas/config.ts';
import { ROOT } from '../tidy/source.ts';

function example(all: boolean): Record<string, string> {
  const lines = readFileSync(join(ROOT, '.env.example'), 'utf8').split('\n');
  const settings = lines.flatMap((line) => {
    const match = (all ? /^#?(INLET_\w+)=(.*)$/ : /^(INLET_\w+)=(.*)$/).exec(line);
    return match === null ? [] : [[match[1] ?? '', match[2] ?? ''] as const];
  });
  return Object.fromEntries(settings);
}

function wranglerVars(): unknown {
  const toml: unknown = Bun.TOML.parse(readFileSync(join(ROOT, 'wrangler.toml'), 'utf8'));
  return Reflect.get(Object(toml), 'vars');
}

describe('config', () => {
  it('both platforms start from the same config: .env.example and wrangler.toml parse to one', () => {
    const vars = wranglerVars();
    expect(parseConfig(Object(vars))).toEqual(parseConfig(example(false)));
    expect(parseConfig(example(false))).toEqual(parseConfig({}));
  });

  it('the comments of .env.example show every setting at its default', () => {
    const shown = Object.fromEntries(Object.entries(example(true)).filter(([name]) => !name.startsWith('INLET_S3_')));
    expect(parseConfig(shown)).toEqual(parseConfig({}));
    expect(Object.keys(shown).sort()).toEqual(
      Object.keys(parseConfig({}))
        .filter((name) => name !== 's3')
        .map((name) => `INLET_${name.toUpperCase()}`)
        .sort(),
    );
  });

  it('all problems come at once, typos among them', () => {
    const broken = {
      INLET_PORT: 'eighty',
      INLET_LATE_DAYS: '0',
      INLET_ROLES: 'ingest,cook',
      INLET_PROT: '1',
      INLET_CENTRAL: 'yes',
    };
    expect(() => parseConfig(broken)).toThrow(ConfigError);
    try {
      parseConfig(broken);
    } catch (error) {
      expect(error).toMatchObject({ problems: expect.arrayContaining([expect.stringContaining('INLET_PROT')]) });
      expect(error instanceof ConfigError ? error.problems : []).toHaveLength(5);
    }
  });

  it('relations are checked: an event may not be larger than a body', () => {
    expect(() => parseConfig({ INLET_EVENT_BYTES_MAX: '65536', INLET_BODY_BYTES_MAX: '2048' })).toThrow(
      /at most INLET_BODY_BYTES_MAX/,
    );
  });

  it('a half-given bucket is refused', () => {
    expect(() => parseConfig({ INLET_S3_BUCKET: 'lake' })).toThrow(/INLET_S3_ENDPOINT is missing/);
  });
});
