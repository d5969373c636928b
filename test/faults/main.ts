/**
 * `npm run faults [-- --runs N --minutes M]`: kills a host with `kill -9` at random moments while it saves (also in
 * parts), replaces, deletes, rotates, backs up, restores and deletes backups, starts it again on the same folder, and
 * looks whether everything that was acknowledged is there, nothing opens with another password, and the audit trail is
 * whole. Ends with 1 at the first loss.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect, parseArgs } from 'node:util';
import { type FaultyHost, startHost } from './host.ts';
import { FaultyVault, LostError } from './vault.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10' },
    minutes: { type: 'string', default: '60' },
    'port-offset': { type: 'string', default: '31000' },
  },
});
const most = Number(values.runs);
const end = Date.now() + Number(values.minutes) * 60_000;
const offset = Number(values['port-offset']);
/** After how many kills it says how far it is. */
const SHOWN = 25;
/** The latest moment of a kill after the work began. */
const KILL_MS = 2500;

const dir = mkdtempSync(join(tmpdir(), 'trainyard-faults-'));
const vaults = ['one', 'two', 'three'].map((id) => new FaultyVault(id));

/** Works until the host is gone: then an operation is not answered. */
async function work(vault: FaultyVault, base: string): Promise<void> {
  for (;;) {
    try {
      await vault.act(base);
    } catch (error) {
      await running?.kill();
      if (error instanceof LostError) throw error;
      return;
    }
  }
}

let [runs, answered] = [0, 0];
let running: FaultyHost | undefined;
try {
  for (; runs < most && Date.now() < end; runs += 1) {
    const host = await startHost(dir, offset);
    running = host;
    for (const vault of vaults) await (runs === 0 ? vault.create(host.base) : vault.check(host.base));
    const works = vaults.map((vault) => work(vault, host.base));
    await delay(Math.random() * KILL_MS);
    await host.kill();
    await Promise.all(works);
    if ((runs + 1) % SHOWN === 0) process.stdout.write(`${runs + 1} kills\n`);
  }
  const last = await startHost(dir, offset);
  running = last;
  for (const vault of vaults) await vault.check(last.base);
  await last.kill();
  const counts: Record<string, number> = {};
  for (const { counts: own } of vaults)
    for (const [what, n] of Object.entries(own)) counts[what] = (counts[what] ?? 0) + n;
  answered = Object.values(counts).reduce((sum, n) => sum + n, 0);
  process.stdout.write(`${runs} kills, ${answered} operations answered ${JSON.stringify(counts)}: nothing was lost\n`);
  rmSync(dir, { recursive: true });
} catch (error) {
  process.stderr.write(`after ${runs} kills: ${inspect(error)}\nThe folder is ${dir}\n`);
  process.exit(1);
}
process.exit(0);
