/** What the steps of this bench hand to each other in one folder. */
import { join } from 'node:path';

/** The data folder of Inlet. */
export const dataDirOf = (folder: string): string => join(folder, 'data');
export const hotIndexOf = (folder: string): string => join(dataDirOf(folder), 'hot-index.sqlite');
/** The one table that stands for the least that any server must do. */
export const bareDatabaseOf = (folder: string): string => join(folder, 'bare.sqlite');
/** Lists of user keys, by the name of their case. */
export const usersOf = (folder: string): string => join(folder, 'users.json');

/** `any`: drawn evenly from all. `busiest`: those with the most events. `last`: as any, of a server that is warm by then. */
export const CASES = ['any', 'busiest', 'last'] as const;
export type Case = (typeof CASES)[number];

const OF_A_DAY = {
  types: ['page', 'screen', 'track'],
  from: '2026-03-14T06:00:00.000Z',
  to: '2026-03-14T22:00:00.000Z',
  first: 50,
} as const;

/** What is asked for each user: these types, from the one moment up to the other; or just the newest events. */
export const QUESTIONS: Record<Case, typeof OF_A_DAY | { readonly first: number }> = {
  any: OF_A_DAY,
  busiest: OF_A_DAY,
  last: { first: 50 },
};
