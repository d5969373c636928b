/** The most memory that a process has had. Needs Linux. */
import { readFileSync } from 'node:fs';

/** Bytes. Not `maxRSS`: that of a process begins with what the one had that started it. */
export function peakBytes(pid: string): number {
  const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(found![1]) * 1024;
}
