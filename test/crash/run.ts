/**
 * Kills the server with -9 under load, over and over, and counts what it had acknowledged. Compaction runs all the time,
 * so the kills hit accept, append and compaction alike.
 *
 *     bun run test:crash            20 kills
 *     bun run test:crash --small    3 kills, for CI
 */
import { sendBatch, waitUntilDrained, wholeTimeline } from '../support/client.ts';
import { type RunningInlet, runInlet, startInlet, temporaryFolder } from '../support/inlet.ts';

const KILLS = process.argv.includes('--small') ? 3 : 20;
const SENDERS = 64;
const USERS = 200;
const UP_MS = { from: 400, to: 2_500 };
// Compaction as often as the settings allow.
const ENV = { INLET_COMPACT_BYTES: '65536' };

const folder = temporaryFolder('crash');
const acknowledged = new Set<string>();
let sequence = 0;

/** Every event with an id of its own; a quarter of the requests hold one event, the rest up to 30. */
function nextBatch(): { messageId: string; [key: string]: unknown }[] {
  return Array.from({ length: sequence % 4 === 0 ? 1 : 1 + (sequence % 30) }, () => {
    sequence += 1;
    return {
      type: 'track',
      event: 'Crash Tested',
      messageId: `crash-${sequence}`,
      userId: `user-${sequence % USERS}`,
      timestamp: new Date(Date.now() - (sequence % 5) * 86_400_000).toISOString(),
      properties: { sequence },
    };
  });
}

async function sendUntilDown(inlet: RunningInlet): Promise<void> {
  for (;;) {
    const batch = nextBatch();
    try {
      const response = await sendBatch(inlet, batch);
      const answer: unknown = await response.json();
      if (response.status === 200 && JSON.stringify(answer).includes(`"accepted":${batch.length},`)) {
        for (const { messageId } of batch) acknowledged.add(messageId);
      }
    } catch {
      return;
    }
  }
}

/** How many of the ids are missing or there twice. */
function compare(road: string, found: readonly string[]): number {
  const distinct = new Set(found);
  const missing = [...acknowledged].filter((id) => !distinct.has(id)).length;
  const twice = found.length - distinct.size;
  process.stdout.write(`${road}: ${found.length} events, ${missing} acknowledged and missing, ${twice} twice\n`);
  return missing + twice;
}

async function idsBySql(): Promise<string[]> {
  const { code, stdout, stderr } = await runInlet(folder.path, [
    'sql',
    '-c',
    'select message_id from events',
    '--format',
    'csv',
  ]);
  if (code !== 0) throw new Error(`inlet sql failed: ${stderr}`);
  return stdout.trim().split('\n').slice(1);
}

async function idsByGraphql(inlet: RunningInlet): Promise<string[]> {
  const ids: string[] = [];
  for (let user = 0; user < USERS; user += 1) {
    ids.push(...(await wholeTimeline(inlet, `user-${user}`)).map(({ messageId }) => messageId));
  }
  return ids;
}

let faults = 0;
try {
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const inlet = await startInlet({ dataDir: folder.path, env: ENV });
    const senders = Array.from({ length: SENDERS }, () => sendUntilDown(inlet));
    await Bun.sleep(UP_MS.from + Math.random() * (UP_MS.to - UP_MS.from));
    await inlet.kill();
    await Promise.all(senders);
    process.stdout.write(`kill ${kill} of ${KILLS}: ${acknowledged.size} acknowledged so far\n`);
  }
  const inlet = await startInlet({ dataDir: folder.path, env: ENV });
  await waitUntilDrained(inlet);
  faults += compare('GraphQL', await idsByGraphql(inlet));
  faults += compare('SQL', await idsBySql());
  await inlet.stop();
  const { code, stderr } = await runInlet(folder.path, ['compact']);
  if (code !== 0) throw new Error(`inlet compact failed: ${stderr}`);
  faults += compare('SQL after compaction', await idsBySql());
} finally {
  folder.remove();
}
process.stdout.write(`${KILLS} kills: ${faults === 0 ? 'nothing lost, nothing twice' : `${faults} faults`}\n`);
process.exit(faults === 0 && acknowledged.size > 0 ? 0 : 1);
