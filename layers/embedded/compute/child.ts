import { type ChildProcess, spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import type { ComputeTask } from '#domain/ports/compute/port.ts';
import { INTERRUPTED_EXIT_CODE } from '#domain/training/attempts.ts';
import type { ComputeCommand, LogLine } from '../adapters.ts';
import { processIdentity } from '../process-identity.ts';
import { eachLine } from './lines.ts';
import type { Outcome } from './tasks.ts';

/** Where memory runs out, Linux ends what has the highest score: a trainer, never the host. */
const BECOME_TRAINER = '{ echo 1000 >/proc/$$/oom_score_adj; } 2>/dev/null; exec "$@"';
const WAIT = 'read -r _ || exit 1;';

/**
 * A trainer's process that does nothing before `go`: a shell waits for a line of input and then becomes the trainer,
 * with the same pid; or the trainer has loaded already, and waits for a line that says what its task is. So the process
 * is recorded before it works, and if the host dies before that, the input ends and nothing is trained.
 *
 *     host      spawn ── record pid ── go ─────────────── ✗ killed
 *     child     sh: read ·············│ exec trainer ······ │ its input ends: it stops by itself
 *
 * One that was started before there was a task may say that it has done it, by a line of its fourth file, and wait for
 * another.
 */
export class Child {
  /** Empty if it could not be started. */
  readonly identity: string;
  /** Resolves when the process has ended; never rejects. */
  readonly ended: Promise<Outcome>;
  readonly #process: ChildProcess;
  readonly #line: (task: ComputeTask) => string;
  #task: ComputeTask | undefined;
  #isDone: ((outcome: Outcome) => void) | undefined;
  #isOver = false;
  #stopReason: string | undefined;
  #killTimer: NodeJS.Timeout | undefined;

  /** @param line tells its task to one that is started before there is one */
  constructor(
    { command, args, env }: ComputeCommand,
    log: (line: LogLine) => void,
    line?: (task: ComputeTask) => string,
  ) {
    this.#line = line ?? (() => '');
    // In a process group of its own: the terminal's signals reach only the host, and the host's reach the whole group.
    const stdio: 'pipe'[] = ['pipe', 'pipe', 'pipe', ...(line ? (['pipe'] as const) : [])];
    const options = { env: { ...env }, detached: true, stdio };
    this.#process =
      process.platform === 'win32'
        ? spawn(command, [...args], options)
        : spawn('/bin/sh', ['-c', line ? BECOME_TRAINER : WAIT + BECOME_TRAINER, 'sh', command, ...args], options);
    const { pid, stdin, stdout, stderr } = this.#process;
    const done = this.#process.stdio[3];
    this.identity = pid === undefined ? '' : processIdentity(pid);
    stdin?.on('error', () => undefined);
    if (stdout !== null) eachLine(stdout, (line) => log({ task: this.#task, stream: 'stdout', line }));
    if (stderr !== null) eachLine(stderr, (line) => log({ task: this.#task, stream: 'stderr', line }));
    if (done instanceof Readable) eachLine(done, () => this.#isDone?.({ exitCode: 0, reason: 'completed' }));
    this.ended = new Promise((resolve) => {
      this.#process.once('error', (error) => resolve({ exitCode: null, reason: `not started: ${error.message}` }));
      this.#process.once('exit', (exitCode, signal) => {
        clearTimeout(this.#killTimer);
        this.#isOver = true;
        // Processes that the trainer started must not outlive it.
        this.#signal('SIGKILL');
        resolve(outcomeOf(exitCode, signal, this.#stopReason));
      });
    });
  }

  /** Lets it work at the task, and resolves with how that ended: the process itself may go on. */
  go(task: ComputeTask): Promise<Outcome> {
    this.#task = task;
    const done = new Promise<Outcome>((resolve) => {
      this.#isDone = resolve;
    });
    this.#process.stdin?.write(`${this.#line(task)}\n`);
    return Promise.race([done, this.ended]);
  }

  /** Whether it runs, and nobody has stopped it. */
  get goesOn(): boolean {
    return !this.#isOver && this.#stopReason === undefined;
  }

  /** SIGTERM, and SIGKILL after the grace period. The first reason counts. */
  stop(reason: string, graceMilliseconds: number): void {
    if (this.#stopReason !== undefined) return;
    this.#stopReason = reason;
    this.#signal('SIGTERM');
    this.#killTimer = setTimeout(() => this.#signal('SIGKILL'), graceMilliseconds);
  }

  /** SIGKILL at once. The first reason counts. */
  kill(reason: string): void {
    this.#stopReason ??= reason;
    this.#signal('SIGKILL');
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#process.pid !== undefined) signalGroup(this.#process.pid, signal);
  }
}

/** Signals a process and its group; does nothing if there is none. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    // It has ended.
  }
}

/** A trainer that exited because it was interrupted counts as killed by a signal. */
function outcomeOf(code: number | null, signal: string | null, stopReason: string | undefined): Outcome {
  const exitCode = code === INTERRUPTED_EXIT_CODE ? null : code;
  return { exitCode, reason: stopReason ?? reasonOf(exitCode, signal) };
}

function reasonOf(exitCode: number | null, signal: string | null): string {
  if (signal !== null) return `killed by ${signal}`;
  if (exitCode === null) return 'interrupted';
  return exitCode === 0 ? 'completed' : 'failed';
}
