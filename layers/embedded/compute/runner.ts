import { setTimeout as delay } from 'node:timers/promises';
import type { ComputeTask } from '#domain/ports/compute/port.ts';
import type { ComputeCommand, LogLine, StandbyCommand } from '../adapters.ts';
import type { Database } from '../database.ts';
import { isAlive, pidOf } from '../process-identity.ts';
import { Child, signalGroup } from './child.ts';
import { type MemoryLimits, watchMemory } from './memory.ts';
import { Standby } from './standby.ts';
import type { Outcome, Tasks } from './tasks.ts';
import { Turns } from './turns.ts';

export interface RunnerOptions {
  readonly command: (task: ComputeTask) => ComputeCommand;
  /** How to start one before there is a task. Default: none is. */
  readonly standby?: StandbyCommand;
  readonly log: (line: LogLine) => void;
  /** How many run at once; one account has at most one fewer, if there are several. */
  readonly maxTasks: number;
  readonly graceSeconds: number;
  /** Default: none. */
  readonly memory?: MemoryLimits;
}

/** Starts and stops trainers according to the tasks' rows. Each folder has one: the host's. */
export class ComputeRunner {
  readonly #database: Database;
  readonly #tasks: Tasks;
  readonly #options: RunnerOptions;
  /** By the task's id. A task that is being started has no child yet, and is still pending in its row. */
  readonly #children = new Map<string, { readonly accountId: string; child?: Child }>();
  readonly #turns: Turns<ComputeTask>;
  readonly #done = new Set<Promise<void>>();
  readonly #standby: Standby | undefined;
  #unwatch: (() => void) | undefined;
  #closing = false;

  constructor(database: Database, tasks: Tasks, options: RunnerOptions) {
    this.#database = database;
    this.#tasks = tasks;
    this.#options = options;
    this.#turns = new Turns(Math.max(1, options.maxTasks - 1), ({ accountId }) => accountId);
    const { standby, log } = options;
    this.#standby = standby && new Standby(() => new Child(standby.command, log, standby.line));
  }

  /** Kills trainers that a lost host left running, then runs the tasks that are pending or submitted later. */
  async start(): Promise<void> {
    if (this.#unwatch !== undefined) return;
    for (const { task, process } of this.#tasks.running()) {
      await endOrphan(process);
      await this.#database.write(() => this.#tasks.end(task.id, { exitCode: null, reason: 'host_lost' }));
    }
    const unwatch = this.#database.watch.add(() => this.#look());
    const { memory } = this.#options;
    const unwatchMemory =
      memory &&
      watchMemory(memory, () => [
        ...(this.#standby?.children ?? []),
        ...[...this.#children.values()].flatMap(({ child }) => child ?? []),
      ]);
    this.#unwatch = () => {
      unwatch();
      unwatchMemory?.();
    };
    this.#look();
  }

  /** Starts a trainer that waits for a task which is likely to come, unless one waits already. */
  prepare(): void {
    if (!this.#closing && this.#unwatch !== undefined) this.#standby?.prepare();
  }

  /** Stops all trainers, as `host_stopped`; resolves once they have ended and their ends are recorded. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#unwatch?.();
    for (const { child } of this.#children.values()) child?.stop('host_stopped', this.#grace());
    await Promise.all([...this.#done, this.#standby?.close()]);
  }

  #look(): void {
    if (this.#closing) return;
    if (this.#children.size > 0) {
      for (const { task, stopReason } of this.#tasks.running()) {
        if (stopReason !== undefined) this.#children.get(task.id)?.child?.stop(stopReason, this.#grace());
      }
    }
    const free = this.#options.maxTasks - this.#children.size;
    if (free <= 0) return;
    const waiting = this.#tasks.pending().filter(({ id }) => !this.#children.has(id));
    const running = [...this.#children.values()];
    const inHand = (of: ComputeTask) => running.filter(({ accountId }) => accountId === of.accountId).length;
    for (const task of this.#turns.order(waiting, inHand).slice(0, free)) this.#launch(task);
  }

  #launch(task: ComputeTask): void {
    this.#children.set(task.id, { accountId: task.accountId });
    this.#turns.served(task);
    const done = this.#run(task).finally(() => {
      this.#children.delete(task.id);
      this.#done.delete(done);
      this.#look();
      // Who has trained once often trains again.
      this.prepare();
    });
    this.#done.add(done);
  }

  async #run(task: ComputeTask): Promise<void> {
    let child: Child;
    try {
      child = this.#standby?.take(task.accountId) ?? new Child(this.#options.command(task), this.#options.log);
    } catch (error) {
      return this.#record(task.id, { exitCode: null, reason: `not started: ${(error as Error).message}` });
    }
    this.#children.set(task.id, { accountId: task.accountId, child });
    const isOurs = await this.#database
      .write(() => this.#tasks.markRunning(task.id, child.identity))
      .catch(() => false);
    if (!isOurs || this.#closing) {
      child.stop('host_stopped', this.#grace());
      await child.ended;
      // Without our mark it was terminated while pending, and its end is recorded already.
      return isOurs ? this.#record(task.id, { exitCode: null, reason: 'host_stopped' }) : undefined;
    }
    const timeout = setTimeout(() => child.stop('timed_out', this.#grace()), task.timeoutSeconds * 1000);
    const outcome = await child.go(task);
    clearTimeout(timeout);
    // It may go on with another task of the account.
    if (child.goesOn && !this.#standby?.keep(child, task.accountId)) child.kill('not needed');
    await this.#record(task.id, outcome);
  }

  /**
   * Retries until the write succeeds, as on a full disk. If the host closes first, the next one reports the task as
   * lost.
   */
  async #record(id: string, outcome: Outcome): Promise<void> {
    for (;;) {
      try {
        return await this.#database.write(() => this.#tasks.end(id, outcome));
      } catch {
        if (this.#closing) return;
        await delay(1000);
      }
    }
  }

  #grace(): number {
    return this.#options.graceSeconds * 1000;
  }
}

/** Makes sure that a process and its group have ended. */
async function endOrphan(identity: string): Promise<void> {
  if (!isAlive(identity)) return;
  signalGroup(pidOf(identity), 'SIGKILL');
  for (let waited = 0; isAlive(identity) && waited < 5000; waited += 20) await delay(20);
}
