/** Which strings of `context` have columns of their own. `context` is stored without them, and `restoreContext` puts them back. */
export const PROMOTED_PAGE = [
  ['url', 'page_url'],
  ['path', 'page_path'],
  ['title', 'page_title'],
  ['referrer', 'page_referrer'],
] as const;

export const PROMOTED_CAMPAIGN = [
  ['source', 'campaign_source'],
  ['medium', 'campaign_medium'],
  ['name', 'campaign_name'],
] as const;

export type PromotedFields = typeof PROMOTED_PAGE | typeof PROMOTED_CAMPAIGN;
