/** What the steps of this bench hand to each other in one folder. */
import { join } from 'node:path';

/** The data folder of Inlet. */
export const dataDirOf = (folder: string): string => join(folder, 'data');
/** The one table that stands for the least that any server must do. */
export const bareDatabaseOf = (folder: string): string => join(folder, 'bare.sqlite');
/** Lists of user keys, by the name of their case. */
export const usersOf = (folder: string): string => join(folder, 'users.json');

/** `any`: drawn evenly from all. `busiest`: those with the most events. */
export const CASES = ['any', 'busiest'] as const;
export type Case = (typeof CASES)[number];

/** What is asked for each user: these types, from the one moment up to the other. */
export const QUESTION = {
  types: ['page', 'screen', 'track'],
  from: '2026-03-14T06:00:00.000Z',
  to: '2026-03-14T22:00:00.000Z',
  first: 50,
} as const;
