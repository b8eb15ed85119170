/** The moment an anonymous visitor becomes a known user. */
import type { Visit } from './visit.ts';

/** Visitors without an account stay anonymous; whoever is signed in already is only told of again. */
export function signIn(visit: Visit): void {
  const { visitor, dice, device } = visit;
  const { account } = visitor;
  if (account === null) return;
  const { userId, firstName, lastName, email, createdAt, company } = account;
  const before = visit.signedIn;
  if (!before) {
    visit.wait(4, 30);
    visit.view('Sign In', '/account/sign-in', 'Sign in');
    visit.wait(5, 25);
    visit.signedIn = true;
  }
  const traits = { email, firstName, lastName, createdAt, ...(company === null ? {} : { plan: company.plan }) };
  visit.note({ type: 'identify', userId, traits });
  if (before) return;

  visit.track('Signed In', { method: dice.pickLeaning(['password', 'google', 'passkey']) });
  // An older release of the app merged by alias, and some phones still run it.
  if (dice.chance(0.08)) visit.note({ type: 'alias', userId, previousId: device.anonymousId });
  if (company === null) return;
  const { groupId, name, plan, employees, industry } = company;
  visit.noteOnServer({ type: 'group', groupId, traits: { name, plan, employees, industry } });
}
