/** A day of the shop on its way to a real server: requests made ahead, one write key for each app. */
import { type ShopCall, SOURCES, type Source, wireEvent } from '../../../cli/demo/calls.ts';
import { parseLine, textOf } from '../../../cli/demo/child.ts';
import { isJsonObject } from '../../../schemas/event.ts';
import { type RunningInlet, runInlet } from '../../support/inlet.ts';

export interface Batch {
  readonly source: Source;
  readonly events: number;
  readonly body: string;
}

export function toBatches(calls: Iterable<ShopCall>, events: number): Batch[] {
  const waiting = new Map<Source, object[]>();
  const batches: Batch[] = [];
  const flush = (source: Source, batch: object[]): void => {
    const body = JSON.stringify({ batch, sentAt: new Date().toISOString() });
    batches.push({ source, events: batch.length, body });
  };
  for (const call of calls) {
    const batch = waiting.get(call.source) ?? [];
    waiting.set(call.source, batch);
    batch.push(wireEvent(call));
    if (batch.length === events) flush(call.source, batch.splice(0));
  }
  for (const [source, batch] of waiting) if (batch.length > 0) flush(source, batch);
  return batches;
}

export async function makeKeys(dataDir: string): Promise<Map<Source, string>> {
  const keys = new Map<Source, string>();
  for (const source of SOURCES) {
    const { code, stdout, stderr } = await runInlet(dataDir, ['keys', 'create', '--source', source, '--json']);
    if (code !== 0) throw new Error(`No key for ${source}: ${stderr}`);
    keys.set(source, textOf(parseLine(stdout), 'writeKey'));
  }
  return keys;
}

/**
 * @returns how many events the server says it has accepted
 * @throws Error on an answer that is not 200
 */
export async function sendBatches(
  { url }: RunningInlet,
  keys: ReadonlyMap<Source, string>,
  batches: readonly Batch[],
  connections: number,
): Promise<number> {
  let accepted = 0;
  await eachOf(batches, connections, async ({ source, body }) => {
    const response = await fetch(`${url}/v1/batch`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Basic ${btoa(`${keys.get(source)}:`)}` },
      body,
    });
    const answer: unknown = await response.json();
    if (response.status !== 200 || !isJsonObject(answer)) {
      throw new Error(`A batch was answered with ${response.status}: ${JSON.stringify(answer)}`);
    }
    accepted += Number(answer.accepted);
  });
  return accepted;
}

/** Does the work for all, so many at a time. */
export async function eachOf<Item>(
  items: readonly Item[],
  at_once: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const entries = items.values();
  const lane = async (): Promise<void> => {
    for (const item of entries) await work(item);
  };
  await Promise.all(Array.from({ length: at_once }, lane));
}
