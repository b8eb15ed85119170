/** Who called: address, user agent, and place where the platform knows it. */
import type { PartHeader } from '../../schemas/pack.ts';

export type Caller = Pick<PartHeader, 'ip' | 'userAgent' | 'country' | 'region' | 'city'>;

const USER_AGENT_LENGTH_MAX = 512;
const PLACE_LENGTH_MAX = 128;

/** @param clientIp address of the other end of the connection; asked only where no proxy names the caller. */
export function callerOf(
  request: Request,
  clientIp: (request: Request) => string | null,
  anonymize_ip: boolean,
): Caller {
  const caller: Caller = {};
  const address = request.headers.get('cf-connecting-ip') ?? clientIp(request);
  const ip = address === null ? null : cleanIp(address, anonymize_ip);
  if (ip !== null) caller.ip = ip;
  const userAgent = request.headers.get('user-agent');
  if (userAgent !== null && userAgent !== '') caller.userAgent = userAgent.slice(0, USER_AGENT_LENGTH_MAX);
  if ('cf' in request) placeCaller(caller, request.cf);
  return caller;
}

/** @param cf IncomingRequestCfProperties of Cloudflare */
function placeCaller(caller: Caller, cf: unknown): void {
  if (typeof cf !== 'object' || cf === null) return;
  const country = 'country' in cf ? place(cf.country) : null;
  const region = 'region' in cf ? place(cf.region) : null;
  const city = 'city' in cf ? place(cf.city) : null;
  if (country !== null) caller.country = country;
  if (region !== null) caller.region = region;
  if (city !== null) caller.city = city;
}

function place(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, PLACE_LENGTH_MAX) : null;
}

const IPV4 = /^(?:::ffff:)?(\d{1,3}\.\d{1,3}\.\d{1,3})(\.\d{1,3})$/i;
const IPV6 = /^(?=.*:.*:)[0-9a-f:]{2,39}$/i;

/** @returns null for what is no address; anonymised, an IPv4 address loses its last 8 bits, an IPv6 address its last 80. */
export function cleanIp(address: string, anonymize: boolean): string | null {
  const ipv4 = IPV4.exec(address);
  if (ipv4 !== null) return `${ipv4[1]}${anonymize ? '.0' : ipv4[2]}`;
  if (!IPV6.test(address)) return null;
  return anonymize ? `${firstGroups(address.toLowerCase()).join(':')}::` : address.toLowerCase();
}

/** The first three of eight groups; `::` stands for as many zero groups as are missing. */
function firstGroups(address: string): string[] {
  const [left = '', right] = address.split('::');
  const start = left === '' ? [] : left.split(':');
  const end = right === undefined || right === '' ? [] : right.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - start.length - end.length) }, () => '0');
  const groups = [...start, ...zeros, ...end].slice(0, 3);
  while (groups.length > 1 && groups.at(-1) === '0') groups.pop();
  return groups;
}
