/**
 * `npm run soak [-- --days N --minutes M --seed S]`: a month of a small team on one machine. Each day is a run of the host
 * at that day's time, which ends by a stop or a kill. On some days the receiver of webhooks is down, the disk is full for a
 * while, or the clock goes back by an hour. In the end everything that was acknowledged has to be there, nothing may be left
 * of what was deleted, every event is delivered or its log says why not, every backup can be restored, and statistics are
 * true. Prints a line a day, then what was found; ends with 1 where something is wrong.
 */
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { MemoryWatch } from '../abuse/memory.ts';
import { type RunningHost, startHostProcess } from '../e2e/running-host.ts';
import { lookAt } from './audit.ts';
import { UnansweredError } from './calls.ts';
import { Chance } from './chance.ts';
import { DAY_MS, environmentAt, HOUR_MS } from './clock.ts';
import { Disk } from './disk.ts';
import { Hooks } from './hooks.ts';
import { Member } from './member.ts';

const { values } = parseArgs({
  options: {
    days: { type: 'string', default: '30' },
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: '2026' },
  },
});
const days = Number(values.days);
/** Of the work of a day; starting, stopping and checking come on top. */
const dayMs = (Number(values.minutes) * 60_000) / days / 2;
const chance = new Chance(Number(values.seed));
const disk = new Disk(2048);
const dataDir = join(disk.folder, 'data');
const hooks = await Hooks.start();
const team = ['ada', 'grace', 'emmy'].map((name, at) => new Member(name, new Chance(chance.below(2 ** 31) + at)));
const faults: string[] = [];
const resident: number[] = [];
const RATES = ['--requests-per-hour', '1000000', '--anonymous-requests-per-hour', '100000'];

function start(time: number): Promise<RunningHost> {
  return startHostProcess(dataDir, { args: RATES, environment: environmentAt(time) });
}

/** Until the end, or until the host is gone. */
async function work(member: Member, end: number): Promise<void> {
  while (performance.now() < end) {
    try {
      await member.act();
    } catch (error) {
      if (error instanceof UnansweredError) {
        member.doubt();
        await delay(200);
      } else faults.push(`${member.name}: ${(error as Error).message}`);
      if (faults.length > 20) return;
    }
    await delay(50);
  }
}

async function fillFor(milliseconds: number, host: RunningHost): Promise<void> {
  await delay(dayMs / 4);
  disk.fill();
  await delay(milliseconds);
  // Who reads is served also then.
  const response = await fetch(`${host.bases.platform}/openapi.json`).catch(() => undefined);
  if (response?.status !== 200) faults.push(`with a full disk, reading was answered ${response?.status}`);
  disk.free();
}

async function day(number: number): Promise<void> {
  const isDown = number % 7 === 3 || number % 7 === 4;
  const isFull = number % 11 === 6 && disk.canFill;
  const goesBack = number % 9 === 8;
  const isKilled = chance.next() < 0.5;
  const time = number * DAY_MS - (goesBack ? DAY_MS + HOUR_MS : 0);
  hooks.down = isDown;
  const host = await start(time);
  const memory = new MemoryWatch(host.child.pid!);
  for (const member of team) {
    if (number === 0) hooks.of(member, await member.join(host, hooks.url));
    else await member.arrive(host);
  }
  const end = performance.now() + dayMs;
  const working = Promise.all(team.map((member) => work(member, isKilled ? end + 1000 : end)));
  if (isFull) await fillFor(3000, host);
  await delay(Math.max(0, end - performance.now()));
  const { host: own } = memory.take();
  memory.stop();
  resident.push(own);
  if (isKilled) {
    host.child.kill('SIGKILL');
    await once(host.child, 'close').catch(() => {});
  }
  await working;
  if (!isKilled) await host.stop();
  const came = hooks.take(Date.now() + time);
  const done = team.reduce((sum, { counts }) => sum + Object.values(counts).reduce((a, b) => a + b, 0), 0);
  const what = [
    isDown && 'receiver down',
    isFull && 'disk full',
    goesBack && 'clock back',
    isKilled ? 'killed' : 'stopped',
  ];
  process.stdout.write(
    `day ${number}: ${done} done, ${came} deliveries, ${own.toFixed(0)} MiB, ${what.filter(Boolean).join(', ')}\n`,
  );
}

/** Lets everything that waits come to an end, day by day, and then looks at it. */
async function audit(): Promise<void> {
  hooks.down = false;
  for (let after = 0; after < 4; after += 1) {
    const host = await start((days + after) * DAY_MS);
    await delay(5000);
    await host.stop();
    hooks.take(Date.now() + (days + after) * DAY_MS);
  }
  const last = (days + 4) * DAY_MS;
  const host = await start(last);
  for (const member of team) {
    await member.arrive(host);
    const looked = await member.check();
    const counts = await hooks.check(member);
    const backups = await checkBackups(member);
    await checkNumbers(member);
    process.stdout.write(
      `${member.name}: ${JSON.stringify(member.counts)}, ${member.unanswered} not answered; ${looked} things are as acknowledged; deliveries ${JSON.stringify(counts)}; ${backups} backups can be restored\n`,
    );
  }
  await delay(3000);
  await host.stop();
  const {
    items,
    blobs,
    files,
    bytes,
    deadLetters,
    faults: found,
  } = lookAt(
    dataDir,
    team.flatMap(({ deleted }) => deleted),
  );
  faults.push(...found);
  process.stdout.write(
    `${items} items, ${blobs} stored objects in ${files} files, ${(bytes / 1024 / 1024).toFixed(0)} MiB on the disk; memory ${Math.min(...resident).toFixed(0)} to ${Math.max(...resident).toFixed(0)} MiB; dead-lettered: ${deadLetters.join('; ') || 'nothing'}\n`,
  );
}

async function checkBackups({ calls, name }: Member): Promise<number> {
  const path = `/api/model-manager/${name}`;
  const { body } = await calls.send('manager', 'GET', `${path}/backup/list?kind=all&limit=1000`);
  for (const { backup_name } of body.backups as { backup_name: string }[]) {
    const { status, body: restored } = await calls.send('manager', 'POST', `${path}/backup/restore`, {
      backup_name,
      dry_run: true,
    });
    if (status !== 200)
      faults.push(`${name}: the backup ${backup_name} cannot be restored: ${status} ${JSON.stringify(restored)}`);
  }
  const { body: verified } = await calls.send('manager', 'GET', `${path}/audit/verify`);
  if (verified.valid !== true) faults.push(`${name}: the audit trail is ${JSON.stringify(verified)}`);
  return (body.backups as unknown[]).length;
}

async function checkNumbers({ calls, name, datasets, saved }: Member): Promise<void> {
  const { body: usage } = await calls.send('platform', 'GET', '/account/usage');
  const { body: listed } = await calls.send('platform', 'GET', '/datasets?limit=1');
  const told = usage.storage.datasets as number;
  if (told !== listed.total) faults.push(`${name}: usage counts ${told} datasets, the list ${listed.total}`);
  if (told < datasets.size)
    faults.push(`${name}: usage counts ${told} datasets, and ${datasets.size} were acknowledged`);
  const { body: stats } = await calls.send('manager', 'GET', `/api/model-manager/${name}/stats`);
  const { body: models } = await calls.send('manager', 'GET', `/api/model-manager/${name}/models/list`);
  const { total_models: counted } = stats.storage_stats;
  if (counted !== models.total_models)
    faults.push(`${name}: stats count ${counted} models, the list ${models.total_models}`);
  if (counted < saved.size) faults.push(`${name}: stats count ${counted} models, and ${saved.size} were acknowledged`);
}

try {
  for (let number = 0; number < days && faults.length === 0; number += 1) await day(number);
  await audit();
} catch (error) {
  faults.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
}
await hooks.stop();
process.stdout.write(
  faults.length === 0
    ? 'nothing was lost, and every number is true\n'
    : `${faults.join('\n')}\nThe folder is ${dataDir}\n`,
);
if (faults.length === 0) disk.remove();
process.exit(faults.length === 0 ? 0 : 1);
