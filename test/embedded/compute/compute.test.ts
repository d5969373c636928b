import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openEmbedded } from '#embedded/open.ts';
import { isAlive, processIdentity } from '#embedded/process-identity.ts';
import { computeConformance } from '../../conformance/compute.ts';
import { embeddedOptions, temporaryFolder } from '../folder.ts';
import { computeSubject, SCRIPTS } from './compute-subject.ts';

computeConformance('child processes', async () => {
  const { dir, remove } = await temporaryFolder();
  const subject = await computeSubject(dir);
  return {
    ...subject,
    close: async () => {
      await subject.close();
      await remove();
    },
  };
});

describe('compute of the embedded host', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());

  test('tasks over the limit wait, may be terminated while waiting, and run in the order of their submission', async () => {
    const subject = await computeSubject(folder.dir);
    const [first, second, third] = [subject.task('hang'), subject.task('succeed'), subject.task('succeed')];
    for (const task of [first, second, third]) await subject.compute.submit(task);
    await subject.started(first);
    expect(await subject.compute.describe(second.id)).toBe('pending');
    await subject.compute.terminate(second.id, 'not any more');
    expect(await subject.stopped()).toMatchObject({ task: second.id, exit_code: null, reason: 'not any more' });
    await subject.compute.terminate(first.id, 'enough');
    expect(await subject.stopped()).toMatchObject({ task: first.id });
    expect(await subject.stopped()).toMatchObject({ task: third.id, reason: 'completed' });
    await subject.close();
  });

  test('one account leaves a trainer to the others and takes turns with them, however much it has submitted', async () => {
    const order: string[] = [];
    const subject = await computeSubject(folder.dir, {
      maxTasks: 3,
      // Each runs until it is terminated.
      computeCommand: () => ({ command: process.execPath, args: ['-e', SCRIPTS.hang], env: {} }),
      log: ({ task }) => {
        order.push(task!.id);
        wake();
      },
    });
    let wake = (): void => {};
    const begun = async (...expected: string[]): Promise<void> => {
      while (order.length < expected.length) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      expect([...order].sort()).toEqual([...expected].sort());
    };
    const submit = (id: string) => subject.compute.submit(subject.task('hang', { id, accountId: id[0]! }));
    const end = async (id: string): Promise<void> => {
      await subject.compute.terminate(id, 'enough');
      expect(await subject.stopped()).toMatchObject({ task: id });
    };
    for (const id of ['a1', 'a2', 'a3', 'a4']) await submit(id);
    await begun('a1', 'a2');
    await submit('b1');
    await begun('a1', 'a2', 'b1');
    for (const id of ['b2', 'c1']) await submit(id);
    await end('a1');
    // c has nothing, and a and b have one each.
    await begun('a1', 'a2', 'b1', 'c1');
    await end('a2');
    await begun('a1', 'a2', 'b1', 'c1', 'a3');
    await end('c1');
    // a was served after b.
    await begun('a1', 'a2', 'b1', 'c1', 'a3', 'b2');
    expect(await subject.compute.describe('a4')).toBe('pending');
    await subject.close();
  });

  test('the host runs tasks of other processes, also those that were submitted while there was no host', async () => {
    const worker = await openEmbedded(embeddedOptions(folder.dir));
    const subjectless = { id: 'early', accountId: 'succeed', jobId: 'j', attempt: 1, timeoutSeconds: 60 };
    await worker.compute.submit(subjectless);
    expect(await worker.compute.describe('early')).toBe('pending');
    const subject = await computeSubject(folder.dir);
    expect(await subject.stopped()).toMatchObject({ task: 'early', reason: 'completed' });
    await worker.compute.submit({ ...subjectless, id: 'late' });
    // Nothing else keeps the process alive while the host polls for the other's writes.
    const alive = setInterval(() => undefined, 1000);
    expect(await subject.stopped()).toMatchObject({ task: 'late', reason: 'completed' });
    clearInterval(alive);
    await subject.close();
    await worker.close();
  });

  test('a command that cannot be built or does not exist ends the task', async () => {
    const subject = await computeSubject(folder.dir, {
      computeCommand: (task) => {
        if (task.attempt === 1) throw new Error('no trainer');
        return { command: '/nowhere/trainer', args: [], env: {} };
      },
    });
    await subject.compute.submit(subject.task('succeed'));
    expect(await subject.stopped()).toMatchObject({ exit_code: null, reason: 'not started: no trainer' });
    await subject.compute.submit(subject.task('succeed', { attempt: 2 }));
    expect(await subject.stopped()).toMatchObject({ exit_code: 127, reason: 'failed' });
    await subject.close();
  });

  test('a task that takes more memory than it may have is ended for that reason, and the host goes on', async () => {
    const program = 'const kept = []; setInterval(() => kept.push(Buffer.alloc(16 * 2 ** 20, 1)), 20)';
    const subject = await computeSubject(folder.dir, {
      computeCommand: ({ accountId }) => ({
        command: process.execPath,
        args: ['-e', accountId === 'hang' ? program : ''],
        env: {},
      }),
      memory: { bytes: 300 * 2 ** 20, spareBytes: 0 },
    });
    const [greedy, next] = [subject.task('hang'), subject.task('succeed')];
    for (const task of [greedy, next]) await subject.compute.submit(task);
    expect(await subject.stopped()).toMatchObject({
      task: greedy.id,
      exit_code: null,
      reason: expect.stringMatching(/^out_of_memory: it took \d+ bytes of memory; it may have 314572800$/),
    });
    expect(await subject.stopped()).toMatchObject({ task: next.id, reason: 'completed' });
    await subject.close();
  });

  test('closing the host stops its tasks and publishes their ends', async () => {
    const subject = await computeSubject(folder.dir);
    const task = subject.task('hang');
    await subject.compute.submit(task);
    await subject.started(task);
    await subject.close();
    const worker = await openEmbedded(embeddedOptions(folder.dir));
    const [message] = await worker.queuesByName.get('bus')!.receive();
    expect(JSON.parse(message!.body).detail).toMatchObject({ task: task.id, exit_code: null, reason: 'host_stopped' });
    await worker.close();
  });

  test('after the host was killed, the next one kills its orphans, reports them as lost, and runs the pending tasks', async () => {
    const script = join(import.meta.dirname, 'compute-host.ts');
    const child = spawn(process.execPath, ['--no-warnings', script, folder.dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const orphan = String((await lines.next()).value);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const subject = await computeSubject(folder.dir);
    expect(isAlive(orphan)).toBe(false);
    expect(await subject.stopped()).toMatchObject({ task: 'running', exit_code: null, reason: 'host_lost' });
    expect(await subject.stopped()).toMatchObject({ task: 'waiting', exit_code: 0, reason: 'completed' });
    await subject.close();
  });
});

test('a process is not mistaken for a later one with the same pid', () => {
  const identity = processIdentity();
  expect(isAlive(identity)).toBe(true);
  expect(isAlive(`${process.pid}-1`)).toBe(false);
  for (const nobody of ['', '0-0', '-1-0', 'x', '4194305-1']) expect(isAlive(nobody)).toBe(false);
});
