/**
 * `node launcher.ts CHECKOUT DATA SETTINGS`: the host of a checkout of this repository, this one or another, on free ports, with
 * further settings as JSON and with rate limits that nobody reaches. The parent process is told the base URLs, asks for the memory, and ends it.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Bases, HostMessage, HostQuestion } from './host.ts';

/** As much of `infra/embedded/host.ts` as every version has. */
interface HostModule {
  startHost(options: {
    readonly dataDir: string;
    readonly portOffset: 'free';
    readonly ownsProcess: true;
    readonly settings: Readonly<Record<string, unknown>>;
  }): Promise<{ readonly bases: Bases; close(): Promise<void> }>;
}

const NEVER = 1_000_000_000;

const [checkout = '', dataDir = '', more = '{}'] = process.argv.slice(2);
const { startHost }: HostModule = await import(pathToFileURL(join(checkout, 'infra/embedded/host.ts')).href);
const host = await startHost({
  dataDir,
  portOffset: 'free',
  ownsProcess: true,
  settings: {
    rates: { authenticatedPerHour: NEVER, anonymousPerHour: NEVER, loginFailures: NEVER },
    ...JSON.parse(more),
  },
});

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');
const tell = (message: HostMessage) => process.send!(message);

process.on('message', (question: HostQuestion) => {
  if (question === 'stop') return process.disconnect();
  collectGarbage();
  tell({ heapMiB: process.memoryUsage().heapUsed / 2 ** 20 });
});
process.once('disconnect', async () => {
  await host.close();
  process.exit();
});
tell({ bases: host.bases });
