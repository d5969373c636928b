import { readFileSync } from 'node:fs';

/**
 * A process by its number and the time at which it started, since numbers are used again: `4711-8732145`. Where the
 * system does not tell the time (no /proc), it is 0 and the number alone must do.
 */
export function processIdentity(pid: number = process.pid): string {
  return `${pid}-${startTime(pid)}`;
}

export const pidOf = (identity: string): number => Number(identity.split('-')[0]);

/** Whether that very process still runs. One that has ended but was not yet reaped does not. */
export function isAlive(identity: string): boolean {
  const pid = pidOf(identity);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, but another user's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return processState(pid) !== 'Z' && processIdentity(pid) === identity;
}

const startTime = (pid: number): string => statFields(pid)[19] ?? '0';
const processState = (pid: number): string | undefined => statFields(pid)[0];

/** The fields of /proc/PID/stat after the command's name, which may itself hold spaces and brackets; see proc(5). */
function statFields(pid: number): readonly string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
