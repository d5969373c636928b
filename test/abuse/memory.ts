/** The resident memory of a process and of those that it started, in MiB, by Linux's `/proc`. */
import { readdirSync, readFileSync } from 'node:fs';

const MIB = 1024 * 1024;

export interface Resident {
  readonly host: number;
  /** The processes that it started: trainers. */
  readonly others: number;
}

export class MemoryWatch {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  #peak: Resident = { host: 0, others: 0 };

  constructor(pid: number) {
    this.#pid = pid;
    this.#timer = setInterval(() => this.#look(), 100);
    this.#timer.unref();
  }

  /** Each since the last call. */
  take(): Resident {
    this.#look();
    const peak = this.#peak;
    this.#peak = { host: 0, others: 0 };
    return peak;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const children = readdirSync('/proc').flatMap((name) => (isChild(name, this.#pid) ? [Number(name)] : []));
    const host = residentOf(this.#pid);
    const others = children.reduce((sum, pid) => sum + residentOf(pid), 0);
    this.#peak = { host: Math.max(this.#peak.host, host), others: Math.max(this.#peak.others, others) };
  }
}

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // It ended meanwhile.
    return '';
  }
};

const isChild = (name: string, parent: number): boolean =>
  /^\d+$/.test(name) && /^PPid:\s+(\d+)$/m.exec(read(`/proc/${name}/status`))?.[1] === String(parent);

const residentOf = (pid: number): number =>
  (Number(/^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024) / MIB;
