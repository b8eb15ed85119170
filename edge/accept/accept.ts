/** One request of events, from its headers to its answer. */
import type { Clock } from '../../platform/ports.ts';
import type { Config } from '../../schemas/config.ts';
import { type EventCode, InletError, type WarningCode } from '../../schemas/errors.ts';
import { type EventType, isEventType, isJsonObject } from '../../schemas/event.ts';
import { checkEvents, sharedOf } from '../check/batch.ts';
import { isRejected } from '../check/envelope.ts';
import { parseTime } from '../check/time.ts';
import type { Enqueue } from '../enqueue/enqueue.ts';
import { type CheckedRequest, type RequestStamps, rawPart, startPart, toParts } from '../enqueue/split.ts';
import type { EdgeMetrics } from '../metrics.ts';
import { failure, outcome } from './answer.ts';
import { type ReadBody, readBody, type UnreadBody } from './body.ts';
import { callerOf } from './caller.ts';
import { type Envelope, openEnvelope } from './envelope.ts';
import { FailedBudget } from './failed-budget.ts';
import { keyOfBody, keyOfHeaders, keyOfQuery } from './key.ts';
import type { Keys, WriteKey } from './keys.ts';
import type { Call } from './paths.ts';
import { isSure, skimBatch } from './skim.ts';
import { stampsOf } from './stamps.ts';

export interface AcceptServices {
  readonly enqueue: Enqueue;
  readonly keys: Keys;
  readonly clock: Clock;
  /** Address of the other end of the connection; null where it is not known. */
  readonly clientIp: (request: Request) => string | null;
}

export type Accept = (request: Request, call: Call) => Promise<Response>;

const NONE: ReadonlySet<number> = new Set();

/** @returns the handler of all paths that take events; it throws InletError where the whole request fails. */
export function accepting(services: AcceptServices, config: Config, metrics: EdgeMetrics): Accept {
  const budget = new FailedBudget(config.failed_events_per_day);

  return async function accept(request, call) {
    const early = await findKey(keyOfHeaders(request.headers));
    const read = await readBody(request, config);
    metrics.countBytes(read.wire_bytes, read.bytes.length);
    const skimmed = early === null ? null : skimBatch(read, call, config.batch_events_max);
    const body = skimmed ?? openBody(read, call);
    const key = early ?? (await findKey(keyOfBody(body.json) ?? keyOfQuery(request.url)));
    // The key may be in what could not be read: then that is what has to be put right.
    if (key === null) throw new InletError(body.code !== null && body.json === null ? body.code : 'write_key_missing');
    if (call === 'import' && key.kind !== 'secret') throw new InletError('secret_key_required');
    const caller = callerOf(request, services.clientIp, config.anonymize_ip);
    // Only now: from here to the queue nothing waits, so what arrived earlier is under way or stored.
    const stamps = stampsOf(key, call, services.clock.now(), caller, config);
    if (skimmed === null) return takeBody(request, body, stamps);
    const checked = check(skimmed, stamps);
    return isSure(checked) ? takeEvents(request, checked) : takeBody(request, openBody(read, call), stamps);
  };

  function openBody(read: ReadBody | UnreadBody, call: Call): Envelope | UnreadBody {
    return read.code === null ? openEnvelope(read, call, config.batch_events_max) : read;
  }

  function takeBody(request: Request, body: Envelope | UnreadBody, stamps: RequestStamps): Promise<Response> {
    return body.code === null ? takeEvents(request, check(body, stamps)) : keepUnread(request, body, stamps);
  }

  async function findKey(writeKey: string | null): Promise<WriteKey | null> {
    if (writeKey === null) return null;
    const key = await services.keys.find(writeKey);
    if (key === null) throw new InletError('write_key_unknown');
    return key;
  }

  function check({ bytes, form, type, json, events, sentAt }: Envelope, header: RequestStamps): CheckedRequest {
    const stamps = sentAt === null ? header : { ...header, sentAt };
    const shared = sharedOf(form === 'batch' ? json : null);
    const limits = { event_bytes_max: config.event_bytes_max, may_retract: stamps.secret === true };
    const verdicts = checkEvents(events, type, shared, bytes.length, limits, {
      receivedAt: stamps.receivedAt,
      sentAt: parseTime(sentAt),
      oldest: stamps.oldest ?? null,
      skewMs: stamps.skewMs ?? null,
    });
    return { stamps, form, type, bytes, json, events, verdicts, shared_bytes: shared.bytes };
  }

  async function takeEvents(request: Request, checked: CheckedRequest): Promise<Response> {
    const { stamps, form, events, verdicts } = checked;
    const unstored = verdicts.length === 0 ? NONE : overBudget(verdicts, stamps);
    const parts = toParts(checked, unstored);
    if (parts.length > 0) await services.enqueue.enqueue(parts);
    countEvents(checked, unstored);
    return outcome(request, form, events, verdicts);
  }

  /** Nothing in it can be told apart, so it is one failed event. */
  async function keepUnread(request: Request, body: UnreadBody, stamps: RequestStamps): Promise<Response> {
    const { code, bytes, wire_bytes, whole } = body;
    if (budget.take(stamps.source, stamps.receivedAt, 1) === 1) {
      const part = whole ? rawPart(stamps, bytes, code) : startPart(stamps, bytes, { bytes: wire_bytes }, code);
      await services.enqueue.enqueue([part]);
    } else {
      metrics.countUnstored(code);
    }
    metrics.countEvent(null, code);
    return failure(request, code);
  }

  /** The rejected events that this source may not have kept today any more. */
  function overBudget(
    verdicts: readonly [number, EventCode | WarningCode][],
    stamps: RequestStamps,
  ): ReadonlySet<number> {
    const rejected = verdicts.filter(([, code]) => isRejected(code)).map(([index]) => index);
    if (rejected.length === 0) return NONE;
    return new Set(rejected.slice(budget.take(stamps.source, stamps.receivedAt, rejected.length)));
  }

  function countEvents({ type, events, verdicts }: CheckedRequest, unstored: ReadonlySet<number>): void {
    let next = 0;
    for (let index = 0; index < events.length; index += 1) {
      const verdict = verdicts[next];
      const code = verdict?.[0] === index ? verdict[1] : null;
      if (code !== null) next += 1;
      metrics.countEvent(type ?? typeOf(events[index]), code);
      if (code !== null && unstored.has(index)) metrics.countUnstored(code);
    }
  }
}

function typeOf(event: unknown): EventType | null {
  return isJsonObject(event) && isEventType(event.type) ? event.type : null;
}
