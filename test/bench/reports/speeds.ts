/** Reports from raw events, by Inlet and by DuckDB over one file, in turns, each in a process of its own. */
import { join } from 'node:path';
import { run } from '../../../cli/demo/child.ts';
import { dayText } from '../lake/day.ts';
import { dropFromCache, eventPaths, writePlain } from './plain.ts';
import type { Answered, Asked } from './speed.ts';
import type { Step } from './state.ts';

export const REPORTS_TIMED = ['events_by_day', 'groups', 'products'];

interface Speeds {
  readonly folder: string;
  /** Folder of data of the lake. */
  readonly source: string;
  readonly days: number;
  readonly rounds: number;
}

export function speedSteps({ folder, source, days, rounds }: Speeds): Step[] {
  const plain = join(folder, 'plain.parquet');
  const ask = async (who: Asked, report: string): Promise<Answered> => {
    const keys = await eventPaths(source);
    const [place, paths] = who === 'inlet' ? [source, keys.map((key) => join(source, 'lake', key))] : [plain, [plain]];
    dropFromCache(paths);
    const script = join(import.meta.dirname, 'speed.ts');
    const words = [who, report, dayText(0), dayText(days - 1), place];
    return JSON.parse(await run([process.execPath, script, ...words], { PATH: process.env.PATH ?? '' }));
  };
  const compare = (report: string, round: number): Step => ({
    name: `${report} from raw, ${round + 1}`,
    run: async (state) => {
      // Whoever goes first goes last in the next round.
      const first = round % 2 === 0 ? await ask('inlet', report) : null;
      const others = { plain: await ask('plain', report), same: await ask('same', report) };
      const answers = { inlet: first ?? (await ask('inlet', report)), ...others };
      if (new Set(Object.values(answers).map(({ checksum }) => checksum)).size > 1) {
        throw new Error(`They gave different answers: ${JSON.stringify(answers)}`);
      }
      state.speed[report] = [...(state.speed[report] ?? []), answers];
    },
  });
  const rounded = Array.from({ length: rounds }, (_, round) => REPORTS_TIMED.map((name) => compare(name, round)));
  return [{ name: 'all events in one file', run: () => writePlain(source, plain) }, ...rounded.flat()];
}
