/** The memory of trainers: none may take more than its limit, and none may leave the machine without any. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface MemoryLimits {
  /** Of one trainer. */
  readonly bytes: number;
  /** Of the whole machine, that must stay available. */
  readonly spareBytes: number;
}

export interface Watched {
  readonly pid: number | undefined;
  /** Ends it at once. */
  kill(reason: string): void;
}

export interface Measures {
  /** The memory of a process; `undefined` if it has ended. */
  readonly residentBytes: (pid: number) => Promise<number | undefined>;
  /** What is left of the machine's memory. */
  readonly availableBytes: () => number;
}

const WATCH_MS = 500;

/** Reasons of tasks that begin with this: another attempt would need as much. */
export const OUT_OF_MEMORY = 'out_of_memory';

/** Ends trainers that take too much. Returns a function that stops watching. */
export function watchMemory(limits: MemoryLimits, trainers: () => readonly Watched[], measures = ofSystem): () => void {
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    look(limits, trainers(), measures).finally(() => {
      looking = false;
    });
  }, WATCH_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** One look at all of them. If the machine has too little left, the one that takes the most is ended. */
export async function look(
  { bytes, spareBytes }: MemoryLimits,
  trainers: readonly Watched[],
  { residentBytes, availableBytes }: Measures,
): Promise<void> {
  const taken = await Promise.all(
    trainers.map(async (one) => ({ one, used: one.pid === undefined ? 0 : ((await residentBytes(one.pid)) ?? 0) })),
  );
  for (const { one, used } of taken) {
    if (used > bytes) one.kill(`${OUT_OF_MEMORY}: it took ${used} bytes of memory; it may have ${bytes}`);
  }
  const available = availableBytes();
  const [largest] = taken.toSorted((a, b) => b.used - a.used);
  if (largest === undefined || available >= spareBytes || largest.used < spareBytes) return;
  largest.one.kill(`${OUT_OF_MEMORY}: it took ${largest.used} bytes, and the machine had only ${available} bytes left`);
}

const ofSystem: Measures = {
  residentBytes: (pid) => (process.platform === 'linux' ? fromProc(pid) : fromPs(pid)),
  availableBytes: () => process.availableMemory(),
};

async function fromProc(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return kibibytes(/^VmRSS:\s{1,20}(\d{1,15}) kB$/m.exec(status)?.[1]);
}

async function fromPs(pid: number): Promise<number | undefined> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return kibibytes(/^\s{0,20}(\d{1,15})\s{0,20}$/.exec(stdout)?.[1]);
}

const kibibytes = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : 1024 * Number(text);
