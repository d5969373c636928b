/**
 * Writes a data folder with the build in whose tree this script is, kills that build in the middle of its work, and writes
 * a manifest of what the folder holds. See test/fixtures/data-folders/README.md.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Database } from '#embedded/database.ts';
import { isAlive } from '#embedded/process-identity.ts';
import { beforeKill } from './before-kill.ts';
import type { BetweenSteps, Manifest } from './manifest.ts';

const [dir, file] = process.argv.slice(2);
if (dir === undefined || file === undefined) throw new Error('usage: write.ts FOLDER MANIFEST');

const before = await beforeKill(dir);
await trainersEnded(dir);
const { ada } = before;
const me = ada.answers['/auth/me'] as { id: string };
const ready = (before.repeatable.body as { dataset_id: string }).dataset_id;
const between = betweenSteps(dir, me.id, ada.access_token, ready);
const manifest: Manifest = { writtenAt: new Date().toISOString(), ...before, ...between };
writeFileSync(file, `${JSON.stringify(manifest, undefined, 2)}\n`);

/** Waits: a trainer outlives its killed host until it has written a checkpoint. */
async function trainersEnded(folder: string): Promise<void> {
  const database = new Database(join(folder, 'trainyard.db'));
  const running = database.all("SELECT process FROM tasks WHERE state = 'running'").map((row) => String(row.process));
  database.close();
  if (running.length !== 1) throw new Error(`one trainer must be running; got ${running.length}`);
  while (running.some(isAlive)) await pause(20);
}

function betweenSteps(...args: readonly string[]): BetweenSteps {
  const script = join(import.meta.dirname, 'between-steps.ts');
  const child = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.signal !== 'SIGKILL') throw new Error(`the script must end by SIGKILL; it ended with ${child.status}`);
  return JSON.parse(child.stdout);
}
