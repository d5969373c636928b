import { readFileSync } from 'node:fs';

/**
 * A process by its pid and start time, because pids are reused: `4711-8732145`. Without /proc the start time is
 * unknown, written as 0, and only the pid counts.
 */
export function processIdentity(pid: number = process.pid): string {
  if (pid !== process.pid) return identityOf(pid, startTime(pid));
  if (own === undefined) {
    const start = startTime(pid);
    if (start === undefined) return identityOf(pid, start);
    own = identityOf(pid, start);
  }
  return own;
}

/** Of this process: each new file has it in its name. */
let own: string | undefined;

const identityOf = (pid: number, start = '0'): string => `${pid}-${start}`;

export const pidOf = (identity: string): number => Number(identity.split('-')[0]);

/** Whether exactly this process is still running; a zombie is not. */
export function isAlive(identity: string): boolean {
  const pid = pidOf(identity);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it exists, but belongs to another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return processState(pid) !== 'Z' && processIdentity(pid) === identity;
}

const startTime = (pid: number): string | undefined => statFields(pid)[19];
const processState = (pid: number): string | undefined => statFields(pid)[0];

/** The fields of /proc/PID/stat after the command's name, which may contain spaces and brackets; see proc(5). */
function statFields(pid: number): readonly string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
