import type { ComputeState, ComputeTask } from '#domain/ports/compute/port.ts';
import type { Database, Row } from '../database.ts';
import type { SqliteEvents } from '../events/events.ts';

/** How a task ended: `exitCode` is null if a signal or the loss of the host ended it. */
export interface Outcome {
  readonly exitCode: number | null;
  readonly reason: string;
}

/**
 * The tasks as rows: `pending` until the host starts one, `running` with the identity of its process, then `succeeded`
 * or `failed`. Call the methods that write within `Database.write`, so that a task's end and its event are one
 * transaction.
 */
export class Tasks {
  readonly #database: Database;
  readonly #events: SqliteEvents;
  readonly #now: () => number;

  constructor(database: Database, events: SqliteEvents, now: () => number) {
    this.#database = database;
    this.#events = events;
    this.#now = now;
  }

  add(task: ComputeTask): void {
    this.#database.run(
      `INSERT INTO tasks (id, account_id, job_id, attempt, timeout_seconds, state, submitted_at)
       VALUES (?, ?, ?, ?, ?, 'pending', ?) ON CONFLICT (id) DO NOTHING`,
      task.id,
      task.accountId,
      task.jobId,
      task.attempt,
      task.timeoutSeconds,
      this.#now(),
    );
  }

  state(id: string): ComputeState {
    return (this.#database.get('SELECT state FROM tasks WHERE id = ?', id)?.state ?? 'unknown') as ComputeState;
  }

  /** The pending tasks, oldest first. */
  pending(): ComputeTask[] {
    return this.#database.all("SELECT * FROM tasks WHERE state = 'pending' ORDER BY submitted_at, rowid").map(taskOf);
  }

  /** The running tasks, each with its process and, if it is to stop, the reason. */
  running(): { task: ComputeTask; process: string; stopReason: string | undefined }[] {
    return this.#database.all("SELECT * FROM tasks WHERE state = 'running'").map((row) => ({
      task: taskOf(row),
      process: String(row.process),
      stopReason: row.stop_reason === null ? undefined : String(row.stop_reason),
    }));
  }

  /** False if the task is no longer pending. */
  markRunning(id: string, process: string): boolean {
    const sql = "UPDATE tasks SET state = 'running', process = ? WHERE id = ? AND state = 'pending'";
    return this.#database.run(sql, process, id) === 1;
  }

  /** Ends a pending task, and records for a running one that it is to stop; the first reason counts. */
  requestStop(id: string, reason: string): void {
    if (this.state(id) === 'pending') this.end(id, { exitCode: null, reason });
    const sql = "UPDATE tasks SET stop_reason = coalesce(stop_reason, ?) WHERE id = ? AND state = 'running'";
    this.#database.run(sql, reason, id);
  }

  /** Does nothing if the task has ended already. */
  end(id: string, { exitCode, reason }: Outcome): void {
    const row = this.#database.get("SELECT * FROM tasks WHERE id = ? AND state IN ('pending', 'running')", id);
    if (row === undefined) return;
    const state: ComputeState = exitCode === 0 ? 'succeeded' : 'failed';
    this.#database.run('UPDATE tasks SET state = ?, ended_at = ? WHERE id = ?', state, this.#now(), id);
    const { accountId, jobId, attempt } = taskOf(row);
    this.#events.insert({
      type: 'compute.stopped',
      account: accountId,
      detail: { task: id, job_id: jobId, attempt, exit_code: exitCode, reason },
    });
  }
}

const taskOf = (row: Row): ComputeTask => ({
  id: String(row.id),
  accountId: String(row.account_id),
  jobId: String(row.job_id),
  attempt: Number(row.attempt),
  timeoutSeconds: Number(row.timeout_seconds),
});
