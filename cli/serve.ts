import { Command } from 'commander';
import { serve } from '../platform/bun/main.ts';
import { parseConfig } from '../schemas/config.ts';

/** `inlet serve`: all of Inlet on one machine, in one data folder. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('Run Inlet on this machine: endpoint, queue, log, hot index and GraphQL over one data folder')
    .option('--json', 'print one line of JSON when ready')
    .action(async (options: { json?: boolean }) => {
      const config = parseConfig(process.env);
      const running = await serve(config, (problem) =>
        process.stderr.write(`${new Date().toISOString()} ${problem}\n`),
      );
      const { url, writeKey, readToken } = running;
      process.stdout.write(
        options.json
          ? `${JSON.stringify({ url, writeKey, readToken })}\n`
          : welcome(url, writeKey, readToken, config.data_dir),
      );
      await stopSignal();
      if (!options.json) process.stdout.write('\nStopping: finishing what is under way …\n');
      await running.stop();
      if (!options.json) process.stdout.write('Stopped. The next start goes on from here.\n');
      process.exit(0);
    });
}

/** The first Ctrl-C or SIGTERM; a second Ctrl-C ends the process at once, and the queue keeps what was accepted. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', () => {
      process.once('SIGINT', () => process.exit(130));
      resolve();
    });
  });
}

function welcome(url: string, writeKey: string, readToken: string, dataDir: string): string {
  return `
Inlet listens on ${url}

  write key   ${writeKey}
  read token  ${readToken}
  data        ${dataDir}/

1. Send an event:

curl -s ${url}/v1/track -u ${writeKey}: -H 'content-type: application/json' \\
  -d '{"userId":"ada","event":"Product Viewed","messageId":"first-1","properties":{"product_id":"p1","category":"Books","price":12.5}}'

2. See the user's timeline, a second later:

curl -s ${url}/graphql -H 'authorization: Bearer ${readToken}' -H 'content-type: application/json' \\
  -d '{"query":"{ user(id: \\"ada\\") { events(first: 10) { nodes { type event timestamp properties } } } }"}'

3. See a report:

npx bun run inlet report products

Ctrl-C stops it; nothing that was accepted is lost.
`;
}
