/**
 * `npm run faults [-- --runs N --minutes M]`: kills a host with `kill -9` while it saves (also in parts), gives up, replaces,
 * deletes, rotates, backs up, restores and deletes backups, starts it again on the same folder, and looks whether everything that was
 * acknowledged is there, nothing else is, nothing opens with another password, and the audit trail is whole. Each kill is
 * aimed at one operation, at a random moment of its usual time, while two other vaults of the host do whatever they do.
 * Ends with 1 at the first loss.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect, parseArgs } from 'node:util';
import { type FaultyHost, startHost } from './host.ts';
import { Tally } from './tally.ts';
import { BusyError, FaultyVault, LostError, OPERATIONS, type Operation } from './vault.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10' },
    minutes: { type: 'string', default: '60' },
  },
});
const most = Number(values.runs);
const end = Date.now() + Number(values.minutes) * 60_000;
/** After how many kills it says how far it is. */
const SHOWN = 25;

const dir = mkdtempSync(join(tmpdir(), 'trainyard-faults-'));
const vaults = ['one', 'two', 'three'].map((id) => new FaultyVault(id));
const tally = new Tally();

/** Whether the operation was answered. If it was not, the host is gone. */
async function answers(
  host: FaultyHost,
  vault: FaultyVault,
  operation: Operation,
  onBegin: () => void = () => undefined,
): Promise<boolean> {
  let began: number | undefined;
  try {
    await vault.prepare(host.base, operation);
    onBegin();
    began = performance.now();
    await vault.act(host.base, operation);
  } catch (error) {
    await host.kill();
    if (error instanceof LostError) throw error;
    if (error instanceof BusyError) process.stdout.write(`too busy: ${error.message}\n`);
    else if (began !== undefined) tally.killed(operation);
    return false;
  }
  tally.answered(operation, performance.now() - began);
  return true;
}

async function workUntilKilled(host: FaultyHost, vault: FaultyVault): Promise<void> {
  while (await answers(host, vault, anyOperation()));
}

const anyOperation = (): Operation => OPERATIONS[Math.floor(Math.random() * OPERATIONS.length)]!;
/** Operations before the one that is killed, at most. */
const BEFORE = 3;

/** At a random moment of the operation. */
async function killWithin(host: FaultyHost, vault: FaultyVault, operation: Operation): Promise<void> {
  for (let left = Math.floor(Math.random() * BEFORE); left > 0; left -= 1) await answers(host, vault, anyOperation());
  let killed: Promise<void> | undefined;
  await answers(host, vault, operation, () => {
    killed = delay(Math.random() * tally.expected(operation)).then(() => host.kill());
  });
  await killed;
}

let running: FaultyHost | undefined;
const start = async (): Promise<FaultyHost> => {
  running = await startHost(dir);
  return running;
};

/** What it compiles is stored when it ends properly. */
async function compile(): Promise<void> {
  const host = await start();
  for (const vault of vaults) await vault.create(host.base);
  for (const operation of OPERATIONS) await answers(host, vaults[0]!, operation);
  await host.stop();
}

let runs = 0;
try {
  await compile();
  const began = performance.now();
  let [starting, checking] = [0, 0];
  for (; runs < most && Date.now() < end; runs += 1) {
    const at = performance.now();
    const host = await start();
    const started = performance.now();
    await Promise.all(vaults.map((vault) => vault.check(host.base)));
    starting += started - at;
    checking += performance.now() - started;
    const [aim, ...others] = vaults.map((_, i) => vaults[(runs + i) % vaults.length]!);
    const works = others.map((vault) => workUntilKilled(host, vault));
    await killWithin(host, aim!, OPERATIONS[runs % OPERATIONS.length]!);
    await Promise.all(works);
    if ((runs + 1) % SHOWN === 0) process.stdout.write(`${runs + 1} kills\n`);
  }
  const seconds = (milliseconds: number): string => (milliseconds / 1000 / Math.max(1, runs)).toFixed(1);
  const parts = `${seconds(starting)} s to start, ${seconds(checking)} s to check`;
  process.stdout.write(`${runs} kills, ${seconds(performance.now() - began)} s each (${parts})\n`);
  const last = await start();
  await Promise.all(vaults.map((vault) => vault.check(last.base)));
  await last.kill();
  process.stdout.write(`${tally.table()}\n${runs} kills: nothing was lost\n`);
  rmSync(dir, { recursive: true });
} catch (error) {
  await running?.kill();
  process.stderr.write(`after ${runs} kills: ${inspect(error)}\nThe folder is ${dir}\n${running?.logged() ?? ''}\n`);
  process.exit(1);
}
process.exit(0);
