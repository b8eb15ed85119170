import { systemClock, systemRandom } from '../../platform/bun/system.ts';
import { parseConfig } from '../../schemas/config.ts';
import { openControl } from '../environment.ts';

export interface ShowOptions {
  readonly json?: boolean;
}

/** Opens the control database of the data folder for this work. */
export async function withControl(
  work: (ports: {
    control: Awaited<ReturnType<typeof openControl>>;
    clock: typeof systemClock;
    random: typeof systemRandom;
  }) => Promise<void>,
): Promise<void> {
  const control = await openControl(parseConfig(process.env));
  try {
    await work({ control, clock: systemClock, random: systemRandom });
  } finally {
    control.close();
  }
}

export function print({ json }: ShowOptions, value: object, text: string): void {
  process.stdout.write(json ? `${JSON.stringify(value)}\n` : `${text}\n`);
}
