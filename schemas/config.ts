/**
 * The one configuration: `parseConfig` gives a complete, frozen config or names every problem at once. Every platform
 * reads the same names, from `[vars]` in wrangler.toml or from the environment.
 */
export const ROLES = ['ingest', 'consume', 'query'] as const;
export type Role = (typeof ROLES)[number];

export interface Config {
  readonly roles: readonly Role[];
  /** Largest single event, bytes of its JSON. */
  readonly event_bytes_max: number;
  /** Largest request body as it comes over the wire, bytes. */
  readonly body_bytes_max: number;
  /** Largest request body once decompressed, bytes. */
  readonly body_bytes_inflated_max: number;
  readonly batch_events_max: number;
  /** How far back a public key may date an event, days. */
  readonly late_days: number;
  /** Clocks wrong by more than this are corrected, minutes. */
  readonly skew_minutes: number;
  readonly anonymize_ip: boolean;
  /** Whether GraphQL tells its schema to those who hold a read token. */
  readonly graphql_introspection: boolean;
  /** A GraphQL operation that takes longer ends with an error, seconds. */
  readonly graphql_seconds_max: number;
  /** Bun only: a JSON file of operations that callers may name by their SHA-256, besides those of the control database. */
  readonly graphql_operations: string | null;
  /** Whether only operations that are known by their hash are answered. */
  readonly graphql_operations_only: boolean;
  /** Whether it is written down who read whose timeline. */
  readonly audit: boolean;
  /** Failed events kept in full per source and day by one process; further ones are counted. */
  readonly failed_events_per_day: number;
  /** How long a known write key is trusted before it is asked for again, seconds. */
  readonly key_cache_seconds: number;
  readonly retry_after_seconds: number;
  /** Copies of an event that arrive within this time count once, days. */
  readonly dedupe_window_days: number;
  /** Whether this process compacts and reports (Bun only). */
  readonly central: boolean;
  /** Over how many databases the hot index is spread, by the next rebuild. */
  readonly index_shards: number;
  /** Events stay this long in the hot index once the timeline holds them, days; 0 lets them go as soon as it does. */
  readonly hot_window_days: number;
  readonly compact_minutes: number;
  /** Compact as soon as this many bytes of segments wait. */
  readonly compact_bytes: number;
  /** Replaced files stay this long for readers that still hold an older snapshot, minutes. */
  readonly grace_minutes: number;
  /** Bun only: a folder with the team's own reports, one `.sql` file each. */
  readonly reports_dir: string | null;
  /** IANA name of the time zone in whose days reports are stored. */
  readonly reports_timezone: string;
  /** Bun only: where it listens; port 0 is any free one. */
  readonly host: string;
  readonly port: number;
  /** Bun only: the folder that holds everything. */
  readonly data_dir: string;
  /** Bun only: the queue refuses beyond this, bytes. */
  readonly queue_bytes_max: number;
  /** Bun only: the queue refuses when the disk has less left, bytes. */
  readonly disk_free_bytes_min: number;
  /** Bun only: preset keys, made at start if they are not there. */
  readonly write_key: string | null;
  readonly read_token: string | null;
  /** Where other engines find the lake, such as `s3://bucket`; null is where this process has it. */
  readonly lake_uri: string | null;
  /** Bun only: the lake in a bucket instead of the data folder. */
  readonly s3: S3Config | null;
}

export interface S3Config {
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly access_key_id: string;
  readonly secret_access_key: string;
}

/** Every setting, its default, and what it takes. */
const NUMBERS = {
  event_bytes_max: { from: 1_024, to: 65_536, default: 32_768 },
  body_bytes_max: { from: 1_024, to: 104_857_600, default: 4_194_304 },
  body_bytes_inflated_max: { from: 1_024, to: 104_857_600, default: 16_777_216 },
  batch_events_max: { from: 1, to: 10_000, default: 2_500 },
  late_days: { from: 1, to: 3_650, default: 30 },
  skew_minutes: { from: 1, to: 1_440, default: 15 },
  graphql_seconds_max: { from: 1, to: 300, default: 10 },
  failed_events_per_day: { from: 0, to: 10_000_000, default: 100_000 },
  key_cache_seconds: { from: 1, to: 3_600, default: 60 },
  retry_after_seconds: { from: 1, to: 300, default: 5 },
  dedupe_window_days: { from: 1, to: 60, default: 7 },
  index_shards: { from: 1, to: 64, default: 1 },
  hot_window_days: { from: 0, to: 3_650, default: 2 },
  compact_minutes: { from: 1, to: 1_440, default: 5 },
  compact_bytes: { from: 65_536, to: 1_073_741_824, default: 67_108_864 },
  grace_minutes: { from: 1, to: 10_080, default: 60 },
  port: { from: 0, to: 65_535, default: 8_080 },
  queue_bytes_max: { from: 1_048_576, to: 1_099_511_627_776, default: 10_737_418_240 },
  disk_free_bytes_min: { from: 0, to: 1_099_511_627_776, default: 1_073_741_824 },
} as const;
type NumberName = keyof typeof NUMBERS;

const SWITCHES = {
  anonymize_ip: true,
  graphql_introspection: true,
  graphql_operations_only: false,
  audit: true,
  central: true,
} as const;
type SwitchName = keyof typeof SWITCHES;

const TEXTS = {
  host: '127.0.0.1',
  data_dir: 'inlet-data',
  graphql_operations: null,
  reports_dir: null,
  reports_timezone: 'UTC',
  write_key: null,
  read_token: null,
  lake_uri: null,
} as const;
type TextName = keyof typeof TEXTS;

const S3_NAMES = ['endpoint', 'bucket', 'access_key_id', 'secret_access_key'] as const;

export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration has ${problems.length} problem(s):\n${problems.map((line) => `  - ${line}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** The environment name of a setting: `late_days` is `INLET_LATE_DAYS`. */
export function settingName(name: string): string {
  return `INLET_${name.toUpperCase()}`;
}

/** @throws ConfigError with all problems; unknown `INLET_` names are problems too, so that no typo passes. */
export function parseConfig(env: Readonly<Record<string, unknown>>): Config {
  const problems: string[] = [];
  const read = (name: string): string | null => {
    const value = env[settingName(name)];
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
  };
  const number = (name: NumberName): number => {
    const { from, to, default: fallback } = NUMBERS[name];
    const text = read(name);
    if (text === null) return fallback;
    const value = Number(text);
    if (Number.isInteger(value) && value >= from && value <= to) return value;
    problems.push(`${settingName(name)} must be a whole number from ${from} to ${to}, not "${text}"`);
    return fallback;
  };
  const flag = (name: SwitchName): boolean => {
    const text = read(name);
    if (text === null) return SWITCHES[name];
    if (text === 'on' || text === 'off') return text === 'on';
    problems.push(`${settingName(name)} must be on or off, not "${text}"`);
    return SWITCHES[name];
  };
  const text = <Name extends TextName>(name: Name): (typeof TEXTS)[Name] | string => read(name) ?? TEXTS[name];

  const config: Config = {
    roles: parseRoles(read('roles'), problems),
    event_bytes_max: number('event_bytes_max'),
    body_bytes_max: number('body_bytes_max'),
    body_bytes_inflated_max: number('body_bytes_inflated_max'),
    batch_events_max: number('batch_events_max'),
    late_days: number('late_days'),
    skew_minutes: number('skew_minutes'),
    anonymize_ip: flag('anonymize_ip'),
    graphql_introspection: flag('graphql_introspection'),
    graphql_seconds_max: number('graphql_seconds_max'),
    graphql_operations: text('graphql_operations'),
    graphql_operations_only: flag('graphql_operations_only'),
    audit: flag('audit'),
    failed_events_per_day: number('failed_events_per_day'),
    key_cache_seconds: number('key_cache_seconds'),
    retry_after_seconds: number('retry_after_seconds'),
    dedupe_window_days: number('dedupe_window_days'),
    central: flag('central'),
    index_shards: number('index_shards'),
    hot_window_days: number('hot_window_days'),
    compact_minutes: number('compact_minutes'),
    compact_bytes: number('compact_bytes'),
    grace_minutes: number('grace_minutes'),
    reports_dir: text('reports_dir'),
    reports_timezone: text('reports_timezone'),
    host: text('host'),
    port: number('port'),
    data_dir: text('data_dir'),
    queue_bytes_max: number('queue_bytes_max'),
    disk_free_bytes_min: number('disk_free_bytes_min'),
    write_key: text('write_key'),
    read_token: text('read_token'),
    lake_uri: text('lake_uri'),
    s3: parseS3(read, problems),
  };
  if (config.body_bytes_inflated_max < config.body_bytes_max) {
    problems.push('INLET_BODY_BYTES_INFLATED_MAX must be at least INLET_BODY_BYTES_MAX');
  }
  if (config.event_bytes_max > config.body_bytes_max) {
    problems.push('INLET_EVENT_BYTES_MAX must be at most INLET_BODY_BYTES_MAX');
  }
  if (!isTimeZone(config.reports_timezone)) {
    problems.push(
      `INLET_REPORTS_TIMEZONE must be an IANA name such as Europe/Berlin, not "${config.reports_timezone}"`,
    );
  }
  problems.push(...unknownNames(env));
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config);
}

function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}

function parseRoles(text: string | null, problems: string[]): Role[] {
  if (text === null) return [...ROLES];
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !ROLES.some((role) => role === name));
  if (unknown.length > 0) problems.push(`INLET_ROLES takes ${ROLES.join(', ')}, not "${unknown.join(', ')}"`);
  return ROLES.filter((role) => names.includes(role));
}

function parseS3(read: (name: string) => string | null, problems: string[]): S3Config | null {
  const given = S3_NAMES.filter((name) => read(`s3_${name}`) !== null);
  if (given.length === 0) return null;
  for (const name of S3_NAMES) {
    if (!given.includes(name))
      problems.push(`${settingName(`s3_${name}`)} is missing, as the other INLET_S3_ settings are there`);
  }
  return {
    endpoint: read('s3_endpoint') ?? '',
    bucket: read('s3_bucket') ?? '',
    region: read('s3_region') ?? 'auto',
    access_key_id: read('s3_access_key_id') ?? '',
    secret_access_key: read('s3_secret_access_key') ?? '',
  };
}

function unknownNames(env: Readonly<Record<string, unknown>>): string[] {
  const known = new Set(
    [
      'roles',
      's3_region',
      ...S3_NAMES.map((name) => `s3_${name}`),
      ...Object.keys({ ...NUMBERS, ...SWITCHES, ...TEXTS }),
    ].map(settingName),
  );
  return Object.keys(env)
    .filter((name) => name.startsWith('INLET_') && !known.has(name))
    .map((name) => `${name} is not a setting`);
}
