/** All resolvers, each subject in a file of its own. */
import { loaders } from './loaders.ts';
import { date, dateTime } from './scalars.ts';
import type { QueryServices } from './services.ts';
import { eventResolvers } from './subjects/events.ts';
import { failedEventResolvers } from './subjects/failed-events.ts';
import { nodeResolvers } from './subjects/node.ts';
import { operationResolvers } from './subjects/operation.ts';
import { reportResolvers } from './subjects/reports.ts';
import { userResolvers } from './subjects/users.ts';

export function createResolvers(services: QueryServices) {
  return [
    { DateTime: dateTime, Date: date },
    userResolvers(loaders(services)),
    eventResolvers(services),
    reportResolvers(services),
    failedEventResolvers(services),
    operationResolvers(services),
    nodeResolvers(services),
  ];
}
