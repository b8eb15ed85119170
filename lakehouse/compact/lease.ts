/**
 * Who compacts now: an object of the lake says who, and until when. It only saves two runs from doing the same work for
 * one of them to throw it away. That no row is taken in twice rests on the commit, which looks again.
 */
import { hostname } from 'node:os';
import type { Clock, ObjectStore, PutCondition, Random, StoredBody } from '../../platform/ports.ts';
import { isJsonObject } from '../../schemas/event.ts';

const LEASE = 'leases/compaction.json';
/** Of a holder that died, the lease is over by then, milliseconds. */
export const LEASE_MS = 60_000;
const RENEW_MS = 20_000;
/** How soon the end of the work is noticed, milliseconds: sleep cannot be interrupted. */
const LOOK_MS = 1_000;

export interface Lease {
  /** Host, process and a random part. */
  readonly holder: string;
  /** Epoch milliseconds, by the clock of the holder. */
  readonly expires_at: number;
}

/** Somebody else compacts. */
export class LeaseHeldError extends Error {
  override readonly name = 'LeaseHeldError';
  readonly lease: Lease;

  constructor(lease: Lease) {
    super(`${lease.holder} compacts already, until ${new Date(lease.expires_at).toISOString()} at least`);
    this.lease = lease;
  }
}

export interface LeasePorts {
  readonly lake: ObjectStore;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Does the work as the holder of the lease, and gives it back.
 *
 * @param work is to stop when its signal is aborted: another one has taken over
 * @throws LeaseHeldError when another one has it, and whatever the work throws
 */
export async function withLease<Result>(
  ports: LeasePorts,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { clock } = ports;
  const holder = `${hostname()}/${process.pid}/${ports.random.hex(8)}`;
  let etag: string | null = await take(ports, holder);
  let isDone = false;
  const lost = new AbortController();
  const renewing = renew();
  try {
    return await work(signal === undefined ? lost.signal : AbortSignal.any([signal, lost.signal]));
  } finally {
    isDone = true;
    // Not waited for: it sleeps. Whatever it has put last is known by its etag.
    if (etag !== null) await release(ports, holder, etag);
    renewing.catch(() => {});
  }

  async function renew(): Promise<void> {
    for (let renewed_at = clock.now(); ; ) {
      await clock.sleep(LOOK_MS);
      if (isDone) return;
      if (clock.now() - renewed_at < RENEW_MS || etag === null) continue;
      // A store that is away for a moment is asked again with the next look.
      const put = await write(ports, holder, { etagMatches: etag }, LEASE_MS).catch(() => undefined);
      if (put === undefined) continue;
      etag = put;
      if (put !== null) renewed_at = clock.now();
      else lost.abort(new Error('Another one took over the compaction: this process did not renew its lease in time'));
    }
  }
}

/** @returns the etag of what was put */
async function take(ports: LeasePorts, holder: string): Promise<string> {
  const stored = await ports.lake.get(LEASE);
  const lease = stored === null ? null : parseLease(await stored.text());
  if (lease !== null && lease.expires_at > ports.clock.now() && !isDead(lease)) throw new LeaseHeldError(lease);
  const etag = await write(ports, holder, conditionOf(stored), LEASE_MS);
  if (etag !== null) return etag;
  const winner = await ports.lake.get(LEASE);
  throw new LeaseHeldError(parseLease((await winner?.text()) ?? '') ?? { holder: 'Another one', expires_at: 0 });
}

/**
 * Whether the holder was a process of this host that has ended: a restart after a crash does not wait for the minute.
 * Containers that share a host name may take each other for dead; that costs work done twice, never a row.
 */
function isDead({ holder }: Lease): boolean {
  const [host, pid] = holder.split('/');
  if (host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

function conditionOf(stored: StoredBody | null): PutCondition {
  return stored === null ? { etagDoesNotMatch: '*' } : { etagMatches: stored.etag };
}

/** Best effort: what is not given back expires. */
async function release(ports: LeasePorts, holder: string, etag: string): Promise<void> {
  await write(ports, holder, { etagMatches: etag }, 0).catch(() => null);
}

/** @returns the etag, or null where the condition does not hold */
async function write(
  { lake, clock }: LeasePorts,
  holder: string,
  onlyIf: PutCondition,
  lasts_ms: number,
): Promise<string | null> {
  const lease: Lease = { holder, expires_at: clock.now() + lasts_ms };
  return (await lake.put(LEASE, JSON.stringify(lease), { onlyIf }))?.etag ?? null;
}

/** @returns null for what is no lease: then nobody has it */
function parseLease(content: string): Lease | null {
  try {
    const value: unknown = JSON.parse(content);
    if (!isJsonObject(value)) return null;
    const { holder, expires_at } = value;
    return typeof holder === 'string' && typeof expires_at === 'number' ? { holder, expires_at } : null;
  } catch {
    return null;
  }
}
