declare module 'cloudflare:workers' {
  import type { D1Migration } from '@cloudflare/vitest-plugin';
  import type { Bindings } from '../../platform/cloudflare/main.ts';

  export const env: Bindings & {
    readonly CONTROL_MIGRATIONS: D1Migration[];
    readonly INDEX_MIGRATIONS: D1Migration[];
  };

  export const exports: { readonly default: { fetch(request: Request): Promise<Response> } };
}

declare module 'cloudflare:test' {
  import type { D1Migration } from '@cloudflare/vitest-plugin';
  import type { D1Database, ExecutionContext, MessageBatch } from '@cloudflare/workers-types';

  export function applyD1Migrations(database: D1Database, migrations: D1Migration[]): Promise<void>;

  export function createExecutionContext(): ExecutionContext;

  export function waitOnExecutionContext(context: ExecutionContext): Promise<void>;

  export function createMessageBatch(
    queue: string,
    messages: { id: string; timestamp: Date; attempts: number; body: ArrayBuffer }[],
  ): MessageBatch;

  export interface QueueResult {
    readonly outcome: string;
    readonly explicitAcks: string[];
    readonly retryMessages: { readonly msgId: string; readonly delaySeconds?: number }[];
  }

  export function getQueueResult(batch: MessageBatch, context: ExecutionContext): Promise<QueueResult>;

  export function reset(): Promise<void>;
}
