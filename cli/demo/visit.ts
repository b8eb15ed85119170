/** One visit to the shop, written down call by call while its clock runs. */
import type { JsonObject } from '../../schemas/event.ts';
import type { Body, Context, ShopCall, Source } from './calls.ts';
import type { Dice } from './dice.ts';
import type { Device, Visitor } from './visitors.ts';

const SHOP = 'https://shop.example';

type Page = NonNullable<Context['page']>;
type Campaign = NonNullable<Context['campaign']>;

interface Note {
  /** Since the visit began, milliseconds. */
  readonly offset: number;
  readonly source: Source;
  readonly userId: string | null;
  readonly body: Body;
  readonly context: Context;
}

const LIBRARIES = {
  web: { name: 'analytics.js', version: 'next-1.84.3' },
  ios: { name: 'analytics-swift', version: '1.9.1' },
  android: { name: 'analytics-kotlin', version: '1.21.0' },
  server: { name: '@segment/analytics-node', version: '3.1.0' },
};

export class Visit {
  private readonly notes: Note[] = [];
  private offset = 0;
  private page: Page | null = null;
  private screen = 'Start';

  /** @param label sets this visit apart from all others */
  constructor(
    readonly dice: Dice,
    readonly visitor: Visitor,
    readonly device: Device,
    readonly label: string,
    public signedIn: boolean,
  ) {}

  /** Lets time go by: most pauses are short. */
  wait(least_seconds: number, most_seconds: number): void {
    this.offset += 1_000 * least_seconds + this.dice.leaning(1_000 * (most_seconds - least_seconds));
  }

  /** Looks at a page of the site or a screen of the app. `search` is the query string, with its question mark. */
  view(name: string, path: string, title: string, search = '', arrival?: { referrer: string; campaign?: Campaign }) {
    if (this.device.source !== 'web') {
      this.note({ type: 'screen', name, properties: { path, from: this.screen } });
      this.screen = name;
      return;
    }
    const referrer = arrival?.referrer ?? this.page?.url ?? '';
    const page = { path, title: `${title} – Shop`, url: `${SHOP}${path}${search}` };
    this.page = { ...page, ...(search === '' ? {} : { search }), ...(referrer === '' ? {} : { referrer }) };
    this.note({ type: 'page', name, properties: page }, arrival?.campaign);
  }

  track(event: string, properties: JsonObject): void {
    this.note({ type: 'track', event, properties });
  }

  /** A moment after what was noted before, so that the order shows in the times. */
  note(body: Body, campaign?: Campaign): void {
    if (this.notes.length > 0) this.offset += this.dice.between(20, 400);
    this.notes.push(this.noteOf(this.device.source, this.offset, body, campaign));
  }

  /** The servers of the shop say it, a moment later. */
  noteOnServer(body: Body): void {
    this.notes.push(this.noteOf('server', this.offset + this.dice.between(40, 900), body));
  }

  /**
   * @param ids where message ids come from
   * @returns the calls between `start` and `end` (epoch milliseconds); a visit that is too long goes by faster
   */
  calls(start: number, end: number, ids: Dice): ShopCall[] {
    const pace = Math.min(1, (end - start - 1) / Math.max(1, this.notes.at(-1)?.offset ?? 0));
    return this.notes.map(({ offset, source, userId, body, context }) => {
      const time = start + Math.floor(offset * pace);
      return {
        ...body,
        ...(userId === null ? {} : { userId }),
        anonymousId: this.device.anonymousId,
        source,
        messageId: messageId(source, time, ids),
        timestamp: new Date(time).toISOString(),
        context,
      };
    });
  }

  private noteOf(source: Source, offset: number, body: Body, campaign?: Campaign): Note {
    const userId = this.signedIn ? (this.visitor.account?.userId ?? null) : null;
    return { offset, source, userId, body, context: this.context(source, userId, campaign) };
  }

  private context(source: Source, userId: string | null, campaign?: Campaign): Context {
    const { ip, locale, account } = this.visitor;
    const { userAgent, app, anonymousId } = this.device;
    const context: Context = { ip, userAgent, library: { ...LIBRARIES[source] } };
    if (userId !== null && account?.company) context.groupId = account.company.groupId;
    if (source === 'server') return context;
    context.locale = locale;
    if (this.page !== null) context.page = { ...this.page };
    if (campaign !== undefined) context.campaign = { ...campaign };
    if (app !== null) {
      context.app = { name: 'Shop', version: app.version };
      context.device = { id: anonymousId, model: app.model, type: source };
      context.os = { ...app.os };
      context.network = { wifi: this.visitor.signedIn };
    }
    return context;
  }
}

/** As the SDK of each source writes them. */
function messageId(source: Source, time: number, ids: Dice): string {
  if (source === 'web') return `ajs-next-${time}-${ids.uuid()}`;
  if (source === 'server') return `node-next-${time}-${ids.uuid()}`;
  return ids.uuid();
}
