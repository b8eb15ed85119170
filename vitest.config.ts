import { defineConfig, type Plugin } from 'vitest/config';

/** `.sql` and `.graphql` files are imported as text everywhere. */
export function textFiles(): Plugin {
  return {
    name: 'text-files',
    enforce: 'pre',
    transform: (code, id) => (/\.(sql|graphql)$/.test(id) ? `export default ${JSON.stringify(code)};` : null),
  };
}

export default defineConfig({
  plugins: [textFiles()],
  // One copy of graphql: its CommonJS build beside its modules would make two of every class.
  ssr: { resolve: { conditions: ['bun', 'module', 'node'] } },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/workerd/**', 'test/crash/**', 'test/bench/**'],
    pool: 'threads',
    testTimeout: 60_000,
  },
});
