import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Compute, ComputeTask } from '#domain/ports/compute/port.ts';

/** The behaviours of the test's tasks. */
export type Behaviour = 'succeed' | 'fail' | 'hang' | 'be interrupted' | 'ignore SIGTERM';

export interface Stopped {
  readonly task: string;
  readonly job_id: string;
  readonly attempt: number;
  readonly exit_code: number | null;
  readonly reason: string;
}

export interface ComputeSubject {
  readonly compute: Compute;
  /** A task with that behaviour. */
  task(behaviour: Behaviour, changes?: Partial<ComputeTask>): ComputeTask;
  /** Resolves when the task has begun its work. */
  started(task: ComputeTask): Promise<void>;
  /** Resolves with the next `compute.stopped` from the bus. */
  stopped(): Promise<Stopped>;
  close(): Promise<void>;
}

/** What every implementation of the Compute port must do. */
export function computeConformance(name: string, open: () => Promise<ComputeSubject>): void {
  describe(`Compute on ${name}`, () => {
    let subject: ComputeSubject;
    beforeEach(async () => {
      subject = await open();
    });
    afterEach(() => subject?.close());

    test('a task runs to its end, which is published', async () => {
      const task = subject.task('succeed', { attempt: 2 });
      await subject.compute.submit(task);
      expect(await subject.stopped()).toMatchObject({
        task: task.id,
        job_id: task.jobId,
        attempt: 2,
        exit_code: 0,
        reason: 'completed',
      });
      expect(await subject.compute.describe(task.id)).toBe('succeeded');
    });

    test('a task that fails reports its exit code', async () => {
      const task = subject.task('fail');
      await subject.compute.submit(task);
      expect(await subject.stopped()).toMatchObject({ task: task.id, exit_code: 3, reason: 'failed' });
      expect(await subject.compute.describe(task.id)).toBe('failed');
    });

    test('an interrupted task counts as ended from outside, if it is not run again', async () => {
      const task = subject.task('be interrupted');
      await subject.compute.submit(task);
      expect(await subject.stopped()).toMatchObject({ task: task.id, exit_code: null, reason: 'interrupted' });
      expect(await subject.compute.describe(task.id)).toBe('failed');
    });

    test('submitting again starts nothing new', async () => {
      const [task, next] = [subject.task('succeed'), subject.task('succeed')];
      await subject.compute.submit(task);
      await subject.compute.submit(task);
      await subject.stopped();
      await subject.compute.submit(task);
      await subject.compute.submit(next);
      expect(await subject.stopped()).toMatchObject({ task: next.id });
    });

    test('a running task is terminated, for the reason given, also if it ignores SIGTERM', async () => {
      for (const behaviour of ['hang', 'ignore SIGTERM'] as const) {
        const task = subject.task(behaviour);
        await subject.compute.submit(task);
        await subject.started(task);
        expect(await subject.compute.describe(task.id)).toBe('running');
        await subject.compute.terminate(task.id, 'the user stopped it');
        expect(await subject.stopped()).toMatchObject({
          task: task.id,
          exit_code: null,
          reason: 'the user stopped it',
        });
        expect(await subject.compute.describe(task.id)).toBe('failed');
      }
    });

    test('a task that takes longer than its timeout is ended', async () => {
      const task = subject.task('hang', { timeoutSeconds: 0.2 });
      await subject.compute.submit(task);
      expect(await subject.stopped()).toMatchObject({ task: task.id, exit_code: null, reason: 'timed_out' });
    });

    test('terminating a task that has ended or is unknown succeeds and publishes nothing', async () => {
      const [task, next] = [subject.task('succeed'), subject.task('succeed')];
      await subject.compute.submit(task);
      await subject.stopped();
      await subject.compute.terminate(task.id, 'late');
      await subject.compute.terminate('never', 'early');
      expect(await subject.compute.describe('never')).toBe('unknown');
      await subject.compute.submit(next);
      expect(await subject.stopped()).toMatchObject({ task: next.id });
    });

    test('a task that breaks the rules is refused', async () => {
      await expect(subject.compute.submit(subject.task('succeed', { id: 'a b' }))).rejects.toThrow(
        '[A-Za-z0-9_-]; got "a b"',
      );
      await expect(subject.compute.submit(subject.task('succeed', { timeoutSeconds: 0 }))).rejects.toThrow(
        'timeoutSeconds must be',
      );
    });
  });
}
