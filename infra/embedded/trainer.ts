/** How one machine starts a trainer, and how much memory it may have. */
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import type { ComputeTask } from '#domain/ports/compute/port.ts';
import type { ComputeCommand, StandbyCommand } from '#embedded/adapters.ts';
import type { MemoryLimits } from '#embedded/compute/memory.ts';
import { TELEMETRY_OFF } from '#engine/telemetry.ts';
import { trainer } from '../topology.ts';
import { projectRoot } from './invoke/load.ts';

const MEBIBYTE = 2 ** 20;
/** Of the machine's memory, or of its container's, that one trainer may take. */
const SHARE = 3 / 4;
/** What must stay available for the host and for everything else. */
const SPARE = 1 / 32;

export function trainerMemory(megabytes: number | undefined): MemoryLimits {
  const total = Math.min(process.constrainedMemory() || totalmem(), totalmem());
  const bytes = megabytes === undefined ? Math.floor(total * SHARE) : megabytes * MEBIBYTE;
  return { bytes, spareBytes: Math.floor(total * SPARE) };
}

/**
 * With its own settings, V8 collected a trainer's heaps seven times in a training of a million rows, at a tenth of a second of
 * the processor or more each: whenever less was left of the limit than the room for new objects, which grows to 64 MiB. After six
 * collections it drops the bytecode of functions that have not run since, such as those that each training calls once. With these
 * options it collects seldom while a trainer works, and the trainer itself asks for a collection when a training is done.
 */
const V8_OPTIONS = ['--max-semi-space-size=16', '--heap-growing-percent=200', '--no-flush-bytecode', '--expose-gc'];

/** A trainer that loads before there is a task, and then waits for one. */
export const standbyTrainer = (dataDir: string, memoryBytes: number): StandbyCommand => ({
  command: commandWith(dataDir, memoryBytes, { TRAINYARD_STANDBY: '1' }),
  line: (task) => JSON.stringify(variablesOf(task)),
});

export const trainerCommand = (dataDir: string, memoryBytes: number, task: ComputeTask): ComputeCommand =>
  commandWith(dataDir, memoryBytes, variablesOf(task));

function commandWith(dataDir: string, memoryBytes: number, more: Readonly<Record<string, string>>): ComputeCommand {
  return {
    command: process.execPath,
    args: [...V8_OPTIONS, '--disable-warning=ExperimentalWarning', join(projectRoot, trainer.entry)],
    env: {
      ...TELEMETRY_OFF,
      // What each trainer compiles anew otherwise. Whoever can write there can change the program itself.
      NODE_COMPILE_CACHE: join(projectRoot, 'node_modules', '.cache', 'trainyard'),
      // The files of a model are synced at once: each waits for the disk in a thread.
      UV_THREADPOOL_SIZE: '16',
      PATH: [dirname(process.execPath), process.env.PATH].join(':'),
      // Where a training puts what memory does not hold.
      ...(process.env.TMPDIR === undefined ? {} : { TMPDIR: process.env.TMPDIR }),
      TRAINYARD_DATA: dataDir,
      TRAINYARD_MEMORY: String(memoryBytes),
      ...more,
    },
  };
}

const variablesOf = ({ accountId, jobId, attempt }: ComputeTask) => ({
  TRAINYARD_ACCOUNT: accountId,
  TRAINYARD_JOB: jobId,
  TRAINYARD_ATTEMPT: String(attempt),
});
