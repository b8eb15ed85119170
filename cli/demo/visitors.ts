/** Who visits the shop. A visitor is a pure function of a number: the same people come back on every day. */
import type { Source } from './calls.ts';
import { Dice } from './dice.ts';
import { ANDROID_APPS, type AppAgent, BOTS, BROWSERS, IOS_APPS } from './user-agents.ts';

export interface Company {
  readonly groupId: string;
  readonly name: string;
  readonly plan: string;
  readonly employees: number;
  readonly industry: string;
}

export interface Account {
  readonly userId: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly company: Company | null;
}

/** A browser or a phone. */
export interface Device {
  readonly source: Exclude<Source, 'server'>;
  readonly anonymousId: string;
  readonly userAgent: string;
  /** Null in a browser. */
  readonly app: AppAgent | null;
}

export interface Visitor {
  readonly account: Account | null;
  readonly bot: boolean;
  /** Whether the day starts with this visitor signed in everywhere. */
  readonly signedIn: boolean;
  readonly browser: Device;
  readonly phone: Device | null;
  readonly ip: string;
  readonly locale: string;
}

const COMPANIES = 40;

const FIRST_NAMES = [
  ...['Ada', 'Amara', 'Anika', 'Bruno', 'Chen', 'Clara', 'Diego', 'Elif', 'Emil', 'Fatima', 'Freya', 'Hana'],
  ...['Ines', 'Ivo', 'Jonas', 'Kofi', 'Lena', 'Malik', 'Mei', 'Noor', 'Olga', 'Priya', 'Rosa', 'Søren', 'Tomás', 'Zoë'],
];
const LAST_NAMES = [
  ...['Abebe', 'Andersson', 'Bianchi', 'Costa', 'Dubois', 'Evans', 'Fischer', 'García', 'Haddad', 'Ito', 'Jensen'],
  ...[
    'Kowalski',
    'Li',
    'Moreau',
    'Nguyen',
    'Okafor',
    'Patel',
    'Rossi',
    'Silva',
    'Tanaka',
    'Usman',
    'Virtanen',
    'Weber',
  ],
];
const COMPANY_FIRST = ['Blue', 'North', 'Red', 'Silver', 'Bright', 'Quiet', 'Open', 'Iron', 'Amber', 'Swift', 'Stone'];
const COMPANY_LAST = ['Harbour', 'Field', 'Kiln', 'Bridge', 'Orchard', 'Forge', 'Canopy', 'Mill', 'Compass', 'Lantern'];
const PLANS = ['free', 'team', 'business', 'enterprise'];
const INDUSTRIES = ['hospitality', 'education', 'design', 'retail', 'software', 'logistics', 'healthcare'];
const LOCALES = ['en-US', 'de-DE', 'en-GB', 'fr-FR', 'sv-SE', 'es-ES', 'pt-BR', 'ja-JP', 'en-IN', 'nl-NL'];

/** @param number from 0; the low numbers visit most often */
export function visitor(number: number): Visitor {
  const dice = new Dice(`visitor/${number}`);
  const bot = dice.chance(0.01);
  const account = !bot && dice.chance(0.6) ? makeAccount(dice, number) : null;
  const locale = dice.pickLeaning(LOCALES);
  return {
    account,
    bot,
    signedIn: account !== null && dice.chance(0.45),
    browser: {
      source: 'web',
      anonymousId: dice.uuid(),
      userAgent: bot ? dice.pick(BOTS) : dice.pickLeaning(BROWSERS),
      app: null,
    },
    phone: !bot && dice.chance(0.4) ? makePhone(dice) : null,
    ip: address(dice),
    locale,
  };
}

function makeAccount(dice: Dice, number: number): Account {
  const firstName = dice.pick(FIRST_NAMES);
  const lastName = dice.pick(LAST_NAMES);
  const mailbox = `${firstName}.${lastName}.${number}`
    .toLowerCase()
    .normalize('NFD')
    .replaceAll(/[^a-z0-9.]/g, '');
  const month = String(dice.between(1, 12)).padStart(2, '0');
  const day = String(dice.between(1, 28)).padStart(2, '0');
  return {
    userId: `user_${String(number + 1).padStart(6, '0')}`,
    firstName,
    lastName,
    email: `${mailbox}@mail.example`,
    createdAt: `${dice.between(2019, 2024)}-${month}-${day}T08:00:00.000Z`,
    company: dice.chance(0.15) ? company(dice.leaning(COMPANIES)) : null,
  };
}

function company(number: number): Company {
  const dice = new Dice(`company/${number}`);
  return {
    groupId: `org_${String(number + 1).padStart(3, '0')}`,
    name: `${dice.pick(COMPANY_FIRST)} ${dice.pick(COMPANY_LAST)}`,
    plan: dice.pickLeaning(PLANS),
    employees: dice.between(3, 2_500),
    industry: dice.pick(INDUSTRIES),
  };
}

function makePhone(dice: Dice): Device {
  const apple = dice.chance(0.5);
  const app = dice.pickLeaning(apple ? IOS_APPS : ANDROID_APPS);
  return { source: apple ? 'ios' : 'android', anonymousId: dice.uuid(), userAgent: app.userAgent, app };
}

/** From the ranges set aside for tests and documentation (RFC 2544, RFC 3849): nobody's address. */
function address(dice: Dice): string {
  if (dice.chance(0.2)) return `2001:db8:${dice.hex(4)}:${dice.hex(4)}::${dice.between(1, 9)}`;
  return `198.${dice.between(18, 19)}.${dice.below(256)}.${dice.between(1, 254)}`;
}
