/** What a read token may read. */
export const SCOPES = ['timeline', 'reports', 'failed_events', 'admin', 'personal_data'] as const;
export type Scope = (typeof SCOPES)[number];

/** What a token gets when nothing is said: no personal data, nothing of operation. */
export const SCOPES_DEFAULT: readonly Scope[] = ['timeline', 'reports'];

export function isScope(text: string): text is Scope {
  return SCOPES.some((scope) => scope === text);
}

/** As the column `scopes` has them; names that this version does not know give nothing. */
export function parseScopes(text: string): ReadonlySet<Scope> {
  return new Set(text.split(' ').filter(isScope));
}
