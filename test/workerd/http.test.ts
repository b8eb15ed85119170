import { env, exports } from 'cloudflare:workers';
import { createWriteKey } from '../../platform/app/keys.ts';
import { systemClock, systemRandom } from '../../platform/cloudflare/system.ts';
import { describeHttp } from '../conformance/http/suite.ts';
import { migrate, URL_BASE } from './worker.ts';

describeHttp('the Worker', async () => {
  await migrate();
  const ports = { control: env.CONTROL, clock: systemClock, random: systemRandom };
  return {
    fetch: (request) => exports.default.fetch(request),
    baseUrl: URL_BASE,
    publicKey: await createWriteKey(ports, { source: 'web', kind: 'public' }),
    secretKey: await createWriteKey(ports, { source: 'server', kind: 'secret' }),
    close: async () => undefined,
  };
});
