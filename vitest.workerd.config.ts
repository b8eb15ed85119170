import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { textFiles } from './vitest.config.ts';

export default defineConfig(async () => ({
  plugins: [
    textFiles(),
    cloudflareTest({
      wrangler: { configPath: './wrangler.toml' },
      miniflare: {
        bindings: {
          CONTROL_MIGRATIONS: await readD1Migrations('schemas/control'),
          INDEX_MIGRATIONS: await readD1Migrations('schemas/hot-index'),
        },
      },
    }),
  ],
  test: { include: ['test/workerd/**/*.test.ts'], testTimeout: 20_000 },
}));
