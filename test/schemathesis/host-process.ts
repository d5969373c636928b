/** `node host-process.ts DATA KEY`: tells its parent where it serves, and ends with it. */
import { startHost } from '#infra/embedded/host.ts';

const NEVER = 1_000_000_000;

const [dataDir = '', key = ''] = process.argv.slice(2);
const host = await startHost({
  dataDir,
  portOffset: 'free',
  apiKeys: [key],
  webhooksToLoopback: true,
  log: { file: `${dataDir}.log` },
  settings: {
    // Nothing is loaded from outside.
    hubUrl: 'http://127.0.0.1:9',
    // Sweeps would otherwise leave no room for a training.
    caps: { jobsPerAccount: 1000 },
    rates: {
      authenticatedPerHour: NEVER,
      anonymousPerHour: NEVER,
      loginFailures: NEVER,
      loginFailuresPerAddress: NEVER,
      loginFailuresPerName: NEVER,
    },
    // The cheapest that the settings allow: what is tested is not how long a password takes.
    argon2: { memoryKiB: 8, passes: 1 },
  },
});
process.once('disconnect', async () => {
  await host.close();
  process.exit();
});
process.send!({ bases: host.bases });
