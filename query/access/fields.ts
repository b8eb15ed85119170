/** Who may read which field. test/query/access.fields.test.ts has every field of the schema decided on. */
import type { Scope } from '../../schemas/scopes.ts';
import { MASKED, maskBody, maskPersonal, maskText, maskTraits } from './personal.ts';

/** The scope that the fields of Query and Subscription need, by the type that they give out. */
export const SCOPE_OF_TYPE: Readonly<Record<string, Scope>> = {
  User: 'timeline',
  Group: 'timeline',
  GroupConnection: 'timeline',
  Event: 'timeline',
  Report: 'reports',
  ReportHeader: 'reports',
  FailedEvent: 'failed_events',
  FailedEventConnection: 'failed_events',
  Source: 'admin',
  Status: 'admin',
};

/** What a type that is not named here needs. */
export const SCOPE_OF_OTHERS: Scope = 'admin';

type Mask = (value: unknown) => unknown;

const whole: Mask = (value) => (value === null || value === undefined ? value : MASKED);
const text =
  (mask: (value: string) => string): Mask =>
  (value) =>
    typeof value === 'string' ? mask(value) : value;

/** How a field looks to a reader without `personal_data`. */
export const MASKS: Readonly<Record<string, Mask>> = {
  'Event.properties': maskPersonal,
  'Event.traits': maskTraits,
  'Event.context': maskPersonal,
  // Of a page: addresses of pages end up there too.
  'Event.name': text(maskText),
  'Event.event': text(maskText),
  'Profile.traits': maskTraits,
  'Profile.name': whole,
  'Profile.avatar': whole,
  'Membership.traits': maskTraits,
  'Group.traits': maskTraits,
  // What somebody wrote to somebody.
  'Post.text': whole,
  'FailedEvent.body': text(maskBody),
};
