declare module 'cloudflare:workers' {
  import type { D1Migration } from '@cloudflare/vitest-plugin';
  import type { D1Database, KVNamespace, Queue, R2Bucket } from '@cloudflare/workers-types';

  export const env: {
    readonly LAKE: R2Bucket;
    readonly CONTROL: D1Database;
    readonly INDEX: D1Database;
    readonly CACHE: KVNamespace;
    readonly PACKS: Queue<Uint8Array>;
    readonly CONTROL_MIGRATIONS: D1Migration[];
    readonly INDEX_MIGRATIONS: D1Migration[];
  };
}

declare module 'cloudflare:test' {
  import type { D1Migration } from '@cloudflare/vitest-plugin';
  import type { D1Database } from '@cloudflare/workers-types';

  export function applyD1Migrations(database: D1Database, migrations: D1Migration[]): Promise<void>;
}
