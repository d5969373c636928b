import { readFileSync } from 'node:fs';

/** Linux counts in these, whatever the machine. */
const TICKS_PER_SECOND = 100;

/**
 * Seconds of processor that a process has taken, all of its threads together; null where there is no /proc. On a machine
 * that does other work at the same time they say more than the clock.
 */
export function cpuSeconds(pid: number): number | null {
  // The second field is the name in parentheses, in which there may be anything.
  const fields = read(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ');
  return fields === undefined ? null : (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** MiB of memory that a process holds; null where there is no /proc. */
export function residentMiB(pid: number): number | null {
  const [, kibibytes] = /VmRSS:\s*(\d+) kB/.exec(read(`/proc/${pid}/status`) ?? '') ?? [];
  return kibibytes === undefined ? null : Number(kibibytes) / 1024;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
