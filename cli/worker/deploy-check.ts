/** Bundles the Worker for every environment of wrangler.toml, as a deploy would, without uploading it. */
import { readFileSync } from 'node:fs';

const environments = [...readFileSync('wrangler.toml', 'utf8').matchAll(/^\[env\.(\w+)\]$/gm)].map(
  ([, name = '']) => name,
);
let failed = 0;
for (const environment of ['', ...environments]) {
  const bundle = Bun.spawnSync(['wrangler', 'deploy', '--dry-run', `--env=${environment}`], {
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CI: 'true' },
  });
  const size = /Total Upload: .*/.exec(bundle.stdout.toString())?.[0];
  const name = environment === '' ? 'all roles' : environment;
  if (bundle.exitCode === 0 && size !== undefined) {
    process.stdout.write(`${name}: ${size}\n`);
  } else {
    failed += 1;
    process.stdout.write(`${name}: failed\n${bundle.stdout}${bundle.stderr}\n`);
  }
}
process.exit(failed === 0 ? 0 : 1);
