/** What a whole part shares, and the row that every one of its events starts from. */
import type { EventRow } from '../../schemas/columns.ts';
import { FAILED_TYPE } from '../../schemas/event.ts';
import type { PartHeader } from '../../schemas/pack.ts';
import { parseTime } from '../check/time.ts';
import { promotedText } from './text.ts';
import { type Agent, NO_AGENT, readHeaderAgent } from './user-agent.ts';

export interface Arrival {
  readonly header: PartHeader;
  readonly packId: string;
  /** Epoch milliseconds; null where the request named none. */
  readonly sentAt: number | null;
  readonly agent: Agent;
}

export function readArrival(packId: string, header: PartHeader): Arrival {
  const userAgent = promotedText(header.userAgent);
  return {
    header,
    packId,
    sentAt: parseTime(header.sentAt),
    agent: userAgent === null ? NO_AGENT : readHeaderAgent(userAgent),
  };
}

/** A row that says only how it arrived: what a failed event keeps. */
export function arrivedRow({ header, packId, sentAt, agent }: Arrival, index: number): EventRow {
  return {
    message_id: `${packId}/${index}`,
    source: header.source,
    type: FAILED_TYPE,
    event: null,
    name: null,
    user_id: null,
    anonymous_id: null,
    user_key: '',
    group_id: null,
    previous_id: null,
    timestamp: header.receivedAt,
    original_timestamp: null,
    sent_at: sentAt,
    received_at: header.receivedAt,
    pack_id: packId,
    pack_index: index,
    verdict: 'rejected',
    verdict_code: null,
    page_url: null,
    page_path: null,
    page_title: null,
    page_referrer: null,
    campaign_source: null,
    campaign_medium: null,
    campaign_name: null,
    user_agent: agent.userAgent,
    browser: agent.browser,
    os: agent.os,
    device: agent.device,
    bot: agent.bot,
    ip: promotedText(header.ip),
    country: promotedText(header.country),
    region: promotedText(header.region),
    city: promotedText(header.city),
    locale: null,
    library: null,
    products: null,
    properties: null,
    traits: null,
    context: null,
    body: null,
    body_bytes: null,
    body_sha256: null,
    other: null,
  };
}
