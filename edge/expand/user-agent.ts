/** Browser, operating system and device behind a User-Agent, and whether it is a bot. */
import Bowser from 'bowser';
import { isbot } from 'isbot';
import { remember } from './remember.ts';
import { text } from './text.ts';

export interface Agent {
  /** The same string each time: an encoder that sees it again compares a pointer, not a hundred characters. */
  readonly userAgent: string | null;
  readonly browser: string | null;
  readonly os: string | null;
  readonly device: string | null;
  readonly bot: boolean;
}

export const NO_AGENT: Agent = { userAgent: null, browser: null, os: null, device: null, bot: false };

const DEVICES = new Set(['desktop', 'mobile', 'tablet', 'tv']);

/** Parsing takes 10 to 100 microseconds; a day of traffic repeats a few thousand texts. */
const AGENTS_REMEMBERED = 10_000;

/** @param userAgent not empty. */
export const readAgent = remember(AGENTS_REMEMBERED, (userAgent: string): Agent => {
  const { browser, os, platform } = Bowser.parse(userAgent);
  return {
    userAgent,
    browser: text(browser.name),
    os: text(os.name),
    device: platform.type !== undefined && DEVICES.has(platform.type) ? platform.type : null,
    bot: isbot(userAgent),
  };
});

/**
 * The same for the header of a request. There, a plain product token such as `axios/1.7` or `analytics-node-next/latest`
 * is the library of a server that sends on behalf of its users: isbot would flag every order that comes that way.
 */
export function readHeaderAgent(userAgent: string): Agent {
  const agent = readAgent(userAgent);
  return agent.bot && !userAgent.startsWith('Mozilla/') ? { ...agent, bot: false } : agent;
}
