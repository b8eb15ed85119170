/** All resolvers, each subject in a file of its own. */
import { loaders } from './loaders.ts';
import { date, dateTime } from './scalars.ts';
import type { QueryServices } from './services.ts';
import { eventResolvers } from './subjects/events.ts';
import { failedEventResolvers } from './subjects/failed-events.ts';
import { groupResolvers } from './subjects/groups.ts';
import { liveResolvers } from './subjects/live.ts';
import { nodeResolvers } from './subjects/node.ts';
import { operationResolvers } from './subjects/operation.ts';
import { productResolvers } from './subjects/products.ts';
import { reportResolvers } from './subjects/reports.ts';
import { userResolvers } from './subjects/users.ts';

export function createResolvers(services: QueryServices) {
  const loadersOf = loaders(services);
  return [
    { DateTime: dateTime, Date: date },
    userResolvers(loadersOf),
    groupResolvers(services, loadersOf),
    eventResolvers(services),
    productResolvers(services),
    reportResolvers(services),
    failedEventResolvers(services),
    operationResolvers(services, loadersOf),
    nodeResolvers(services),
    liveResolvers(services, loadersOf),
  ];
}
