/**
 * `npm run abuse [-- NAME … --seconds N]`: attacks a fresh host, one attack after another, while somebody else works on it.
 * Prints a line for each, and ends with 1 where a limit does not hold: another account's request that took a second or
 * failed, an answer of 5xx, a gigabyte of memory, or something lost. It measures time, so the machine has to be quiet.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startHostProcess } from '../e2e/running-host.ts';
import { User } from '../e2e/user.ts';
import { attacks } from './attacks/index.ts';
import { MemoryWatch } from './memory.ts';
import { type Attack, Target } from './target.ts';
import { Victim } from './victim.ts';

const LIMITS = { slowestMs: 1000, memoryMiB: 1024 };
/** For what an attack leaves behind to come to an end before the next one. */
const REST_MS = 1000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '6' } },
});
const chosen = attacks.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
if (chosen.length === 0) {
  process.stderr.write(`the attacks are ${attacks.map(({ name }) => name).join(', ')}\n`);
  process.exit(2);
}

const faults: string[] = [];
let stopping = false;
const dir = mkdtempSync(join(tmpdir(), 'trainyard-abuse-'));
const many = ['--requests-per-hour', '1000000', '--anonymous-requests-per-hour', '100000'];
const host = await startHostProcess(dir, { args: many });
void host.finished.then(({ code, signal, stderr }) => {
  if (!stopping) process.stderr.write(`the host ended, ${signal ?? code}: ${stderr.slice(-3000)}\n`);
});
const memory = new MemoryWatch(host.child.pid!);
const victim = await Victim.settle(host);

for (const attack of chosen) {
  const found = await run(attack);
  faults.push(...found.map((one) => `${attack.name}: ${one}`));
  await delay(REST_MS);
}
await victim.check().catch((error: Error) => faults.push(`afterwards: ${error.message}`));
memory.stop();
stopping = true;
await host.stop();
rmSync(dir, { recursive: true, force: true });
process.stdout.write(faults.length === 0 ? 'every limit held\n' : `${faults.join('\n')}\n`);
process.exit(faults.length === 0 ? 0 : 1);

async function run(attack: Attack): Promise<string[]> {
  const world = { base: host.base, pollMilliseconds: 100 };
  const users = [await User.register(world), await User.register(world)];
  const ending = new AbortController();
  const target = new Target(host, users, ending.signal);
  attack.prepare?.();
  memory.take();
  const observing = victim.work(ending.signal);
  const attacking = attack.run(target);
  await Promise.race([delay(Number(values.seconds) * 1000), attacking]);
  // An attack that is over early leaves its effects; they count as well.
  await delay(REST_MS);
  ending.abort();
  const [observed] = await Promise.all([
    observing,
    attacking.catch((error: unknown) => target.count(0, String(error))),
  ]);
  await target.close();
  const { host: own, others } = memory.take();
  const answers = [...target.statuses].sort(([a], [b]) => a - b).map(([status, n]) => `${status}×${n}`);
  const { requests, slowestMs, slowest, failures } = observed;
  process.stdout.write(
    `${attack.name} | ${answers.join(' ') || 'no answers'} | others: ${requests} requests, slowest ${slowestMs.toFixed(0)} ms (${slowest}) | ${own.toFixed(0)} MiB, trainers ${others.toFixed(0)} MiB\n`,
  );
  return [
    ...target.faults.map((fault) => `answered ${fault}`),
    ...failures.slice(0, 3).map((failure) => `refused another account: ${failure}`),
    ...(slowestMs > LIMITS.slowestMs ? [`another account waited ${slowestMs.toFixed(0)} ms for ${slowest}`] : []),
    ...(own > LIMITS.memoryMiB ? [`the host took ${own.toFixed(0)} MiB`] : []),
  ];
}
