/**
 * The central process of one machine: compacts, reports and deletes what nobody needs any more. It gives way to the
 * others: the log comes first, and what waits for compaction can be read meanwhile.
 */
import { constants, setPriority } from 'node:os';
import { parseConfig } from '../../schemas/config.ts';
import { centralMetrics, keepCentral } from '../app/central.ts';
import { isMessage, type ToCentral } from './child-messages.ts';
import { beChild, countersOf } from './child-side.ts';
import { openLake } from './lake.ts';
import { systemClock, systemRandom } from './system.ts';

// Threads that start from here on have it too, those of DuckDB among them.
setPriority(constants.priority.PRIORITY_LOW);

const config = parseConfig(process.env);
const metrics = centralMetrics();
const gauges = {};
let busy = false;
const { problem, stopping, end } = beChild(
  () => ({ ...countersOf('central', metrics), ...gauges }),
  (message) => {
    if (isMessage<ToCentral>(message, ['load']) && message.kind === 'load') busy = message.is_busy;
  },
);
const ports = { ...openLake(config), clock: systemClock, random: systemRandom };
await keepCentral(ports, config, { signal: stopping, metrics, gauges, report: problem, isBusy: () => busy });
end();
