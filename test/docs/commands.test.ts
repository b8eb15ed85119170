/** Commands, settings and metrics that the documents name exist under that name. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lookAtLake } from '../../lakehouse/operate/look.ts';
import { lakeGauges } from '../../lakehouse/operate/status.ts';
import manifest from '../../package.json' with { type: 'json' };
import { centralMetrics } from '../../platform/app/central.ts';
import { consumerMetrics } from '../../platform/app/consume.ts';
import { virtualClock } from '../../platform/sim/clock.ts';
import { memoryStore } from '../../platform/sim/object-store.ts';
import { ROOMS, ROOT, sourceFiles } from '../tidy/source.ts';
import { type Document, documents, readDocument } from './documents.ts';

const all = documents().map((document) => [document.path, document] as const);
const envExample = readDocument('.env.example').text;
const wrangler = readDocument('wrangler.toml').text;
const code = sourceFiles(...ROOMS.filter((room) => room !== 'test'))
  .map(({ text }) => text)
  .join('\n');

function named(document: Document, pattern: RegExp): string[] {
  return [...new Set([...document.text.matchAll(pattern)].map(([, name = '']) => name))];
}

describe('what the documents name', () => {
  it.each(all)('%s: scripts are those of package.json', (_, document) => {
    const scripts = [...named(document, /\bbun run ([a-z][\w:]*)/g), ...named(document, /\bnpx bun (start|test)\b/g)];
    expect(scripts.filter((name) => !Object.hasOwn(manifest.scripts, name))).toEqual([]);
  });

  it.each(all)('%s: sub-commands of inlet are there', (_, document) => {
    const commands = named(document, /(?:`|bun run |\$ )inlet ([a-z]+)/g);
    expect(commands.filter((name) => !existsSync(join(ROOT, 'cli', `${name}.ts`)))).toEqual([]);
  });

  it.each(all)('%s: settings are those of .env.example', (_, document) => {
    const settings = named(document, /\b(INLET_[A-Z0-9]+(?:_[A-Z0-9]+)*)\b/g);
    expect(settings.filter((name) => !new RegExp(`^#?${name}=`, 'm').test(envExample))).toEqual([]);
  });

  it.each(all)('%s: metrics are written by the code', async (_, document) => {
    const counted = [
      ...Object.keys(consumerMetrics()).map((name) => `inlet_consumer_${name}_total`),
      ...Object.keys(centralMetrics()).map((name) => `inlet_central_${name}_total`),
      ...Object.keys(lakeGauges(await lookAtLake(memoryStore(virtualClock(0))))),
    ];
    const metrics = named(document, /\b(inlet_[a-z_]+)\b/g);
    expect(metrics.filter((name) => !counted.includes(name) && !code.includes(name))).toEqual([]);
  });

  it.each(all)('%s: queues, buckets, databases and environments are those of wrangler.toml', (_, document) => {
    const stores = named(document, /wrangler (?:queues|r2 bucket|d1) \S+(?: \S+)? (inlet-[a-z-]+)/g);
    expect(stores.filter((name) => !wrangler.includes(`"${name}"`))).toEqual([]);
    const environments = named(document, /wrangler deploy --env[ =](\w+)/g);
    expect(environments.filter((name) => !wrangler.includes(`[env.${name}]`))).toEqual([]);
  });
});
