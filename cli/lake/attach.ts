import { Argument, Command } from 'commander';
import { tableFiles } from '../../lakehouse/catalog/files.ts';
import { loadSnapshot } from '../../lakehouse/catalog/store.ts';
import { ENGINES, type Engine, type Statement, statementsFor } from '../../lakehouse/operate/attach.ts';
import { openEnvironment } from '../environment.ts';

/** `inlet lake attach`: how other engines read this very table. */
export function lakeAttachCommand(): Command {
  return new Command('attach')
    .description(
      'Print what to say to other engines so that they read this very table; secrets stay in the environment',
    )
    .addArgument(new Argument('[engine]', 'print only its statements, to be piped into it').choices(ENGINES))
    .action(async (engine: Engine | undefined) => {
      const { config, lake, lake_uri } = openEnvironment();
      const snapshot = await loadSnapshot(lake);
      const files = await tableFiles(lake, snapshot);
      const statements = statementsFor({ lake_uri, s3: config.s3 }, snapshot, files);
      const asked = statements.find((statement) => statement.engine === engine);
      process.stdout.write(asked === undefined ? statements.map(explained).join('\n') : asked.text);
    });
}

function explained({ engine, title, notes, text }: Statement): string {
  const remarks = [`${title} (inlet lake attach ${engine})`, ...notes].map((line) => `# ${line}\n`).join('');
  return `${remarks}\n${text}`;
}
