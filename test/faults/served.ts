/** The host that is killed: an ordinary one, without limits of requests and of guesses. */
import { startHost } from '#infra/embedded/host.ts';
import { KEY } from './key.ts';

const [dataDir = '', offset = ''] = process.argv.slice(2);
const unlimited = 1_000_000_000;
await startHost({
  dataDir,
  portOffset: Number(offset),
  apiKeys: [KEY],
  settings: {
    // Some backups, restores and saves in parts go on as jobs.
    vaultBytesAtOnce: 300_000,
    rates: {
      authenticatedPerHour: unlimited,
      loginFailures: unlimited,
      loginFailuresPerAddress: unlimited,
      loginFailuresPerName: unlimited,
    },
  },
});
