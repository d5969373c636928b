/** The host that is killed: an ordinary one, without limits of requests and of guesses. Prints the vault's base URL. SIGTERM ends it properly. */
import { startHost } from '#infra/embedded/host.ts';
import { KEY } from './key.ts';

const [dataDir = ''] = process.argv.slice(2);
const unlimited = 1_000_000_000;
const host = await startHost({
  dataDir,
  portOffset: 'free',
  apiKeys: [KEY],
  settings: {
    // Some backups, restores and saves in parts go on as jobs.
    vaultBytesAtOnce: 300_000,
    // A job whose process was killed is gone on with soon, and renewals are late on a busy machine.
    vaultLeaseSeconds: 2,
    rates: {
      authenticatedPerHour: unlimited,
      loginFailures: unlimited,
      loginFailuresPerAddress: unlimited,
      loginFailuresPerName: unlimited,
    },
  },
});
process.once('SIGTERM', () => void host.close().then(() => process.exit(0)));
process.stdout.write(`${host.bases.manager}\n`);
