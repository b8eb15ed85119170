/** About 150 user agents as real ones are written; the frequent ones stand first in each list. */
function versions(newest: number, count: number): number[] {
  return Array.from({ length: count }, (_, step) => newest - step);
}

const WINDOWS = 'Windows NT 10.0; Win64; x64';
const MAC = 'Macintosh; Intel Mac OS X 10_15_7';
const LINUX = 'X11; Linux x86_64';
const DESKTOPS = [WINDOWS, MAC, LINUX];
const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)';

const chrome = versions(142, 12).flatMap((version) =>
  DESKTOPS.map((system) => `Mozilla/5.0 (${system}) ${WEBKIT} Chrome/${version}.0.0.0 Safari/537.36`),
);
const edge = versions(142, 6).flatMap((version) =>
  [WINDOWS, MAC].map(
    (system) => `Mozilla/5.0 (${system}) ${WEBKIT} Chrome/${version}.0.0.0 Safari/537.36 Edg/${version}.0.0.0`,
  ),
);
const firefox = versions(145, 8).flatMap((version) =>
  DESKTOPS.map((system) => `Mozilla/5.0 (${system}; rv:${version}.0) Gecko/20100101 Firefox/${version}.0`),
);
const safari = ['26.1', '26.0', '18.6', '18.5', '18.3', '17.6', '17.4', '16.6'].map(
  (version) => `Mozilla/5.0 (${MAC}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/${version} Safari/605.1.15`,
);
const iphone = ['18_6', '18_5', '18_3', '18_1', '17_7', '17_5', '16_7'].flatMap((system) =>
  ['iPhone; CPU iPhone OS', 'iPad; CPU OS'].map(
    (device) =>
      `Mozilla/5.0 (${device} ${system} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/${system.replace('_', '.')} Mobile/15E148 Safari/604.1`,
  ),
);
const android = versions(142, 8).flatMap((version) =>
  ['Linux; Android 10; K', 'Linux; Android 14; Pixel 8', 'Linux; Android 13; SM-A536B'].map(
    (device) => `Mozilla/5.0 (${device}) ${WEBKIT} Chrome/${version}.0.0.0 Mobile Safari/537.36`,
  ),
);
const samsung = versions(28, 4).map(
  (version) =>
    `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} SamsungBrowser/${version}.0 Chrome/130.0.0.0 Mobile Safari/537.36`,
);

export const BROWSERS: readonly string[] = interleave([chrome, iphone, android, edge, safari, firefox, samsung]);

/** An installed app of the shop, on a kind of phone. */
export interface AppAgent {
  readonly userAgent: string;
  readonly version: string;
  readonly model: string;
  readonly os: { readonly name: string; readonly version: string };
}

export const IOS_APPS: readonly AppAgent[] = ['18.6', '18.5', '18.3', '17.7', '17.5'].flatMap((system) =>
  ['5.4.1', '5.4.0', '5.3.2'].map((version) => ({
    userAgent: `Shop/${version} (iPhone; iOS ${system}; Scale/3.00)`,
    version,
    model: 'iPhone15,2',
    os: { name: 'iOS', version: system },
  })),
);

export const ANDROID_APPS: readonly AppAgent[] = ['Pixel 8', 'SM-S921B', 'SM-A546B', 'XT2343-1', 'CPH2581'].flatMap(
  (model) =>
    ['5.4.1', '5.3.9'].map((version) => ({
      userAgent: `Shop/${version} (Linux; U; Android 14; ${model}) okhttp/4.12.0`,
      version,
      model,
      os: { name: 'Android', version: '14' },
    })),
);

export const BOTS: readonly string[] = [
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
  'Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)',
];

/** One of each list in turn, until all are used up. */
function interleave(lists: readonly string[][]): string[] {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, row) => lists.flatMap((list) => list.slice(row, row + 1))).flat();
}
