import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Child } from '#embedded/compute/child.ts';
import { Standby } from '#embedded/compute/standby.ts';
import type { EmbeddedHostOptions } from '#embedded/open.ts';
import { temporaryFolder } from '../folder.ts';
import { computeSubject } from './compute-subject.ts';

/** Says that it waits, then what it is told, and ends. */
const WAITS = `console.log('waits'); process.stdin.on('end', () => process.exit(7)).once('data', (line) => {
  console.log('told ' + line); process.exit(0); });`;
const command = { command: process.execPath, args: ['-e', WAITS], env: {} };
const standby = { command, line: ({ jobId }: { jobId: string }) => `job ${jobId}` };

describe('a trainer that waits for a task', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());

  const open = async (changes: Partial<EmbeddedHostOptions> = {}) => {
    const lines: string[] = [];
    const waiting: (() => void)[] = [];
    const subject = await computeSubject(folder.dir, {
      standby,
      log: ({ task, line }) => {
        lines.push(`${task?.id ?? 'nobody'}: ${line}`);
        for (const wake of waiting.splice(0)) wake();
      },
      ...changes,
    });
    const said = async (wanted: string): Promise<void> => {
      while (!lines.includes(wanted)) await new Promise<void>((resolve) => waiting.push(resolve));
    };
    return { subject, lines, said };
  };

  test('is started before there is one, and runs the next', async () => {
    const { subject, lines, said } = await open();
    subject.host.expectTask();
    await said('nobody: waits');
    const task = subject.task('fail', { id: 't', jobId: 'j' });
    await subject.compute.submit(task);
    // Not the program of the task, which fails.
    expect(await subject.stopped()).toMatchObject({ task: 't', exit_code: 0 });
    expect(lines).toContain('t: told job j');
    await subject.close();
  });

  test('is one only, and serves one task only', async () => {
    const { subject, lines, said } = await open();
    subject.host.expectTask();
    subject.host.expectTask();
    await said('nobody: waits');
    for (const id of ['a', 'b']) await subject.compute.submit(subject.task('fail', { id, jobId: id }));
    await subject.stopped();
    await subject.stopped();
    expect(lines.filter((line) => line === 'a: told job a')).toHaveLength(1);
    expect(lines).not.toContain('a: told job b');
    await subject.close();
  });

  test('that has ended before is not waited for: the task gets a trainer of its own', async () => {
    const ends = { ...standby, command: { ...command, args: ['-e', ''] } };
    const { subject } = await open({ standby: ends });
    subject.host.expectTask();
    await subject.compute.submit(subject.task('succeed', { id: 't' }));
    expect(await subject.stopped()).toMatchObject({ task: 't', exit_code: 0 });
    await subject.close();
  });
});

describe('a trainer that has done a task', () => {
  /** Does whatever it is told, and says so. */
  const DOES = `console.log('waits'); process.stdin.on('end', () => process.exit(7)).on('data', (line) => {
    console.log(process.pid + ' told ' + line); require('fs').writeSync(3, '\\n'); });`;
  const standby = {
    command: { ...command, args: ['-e', DOES] },
    line: ({ jobId }: { jobId: string }) => `job ${jobId}`,
  };
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());

  test('goes on with others of the same account, and with none of another', async () => {
    const told: string[] = [];
    const subject = await computeSubject(folder.dir, {
      standby,
      log: ({ task, line }) => {
        if (line.includes('told')) told.push(`${task!.id} ${line.split(' ')[0]}`);
      },
    });
    subject.host.expectTask();
    const run = async (id: string, account: 'fail' | 'succeed') => {
      await subject.compute.submit(subject.task(account, { id, jobId: id }));
      return subject.stopped();
    };
    for (const id of ['a', 'b', 'c']) expect(await run(id, 'fail')).toMatchObject({ task: id, exit_code: 0 });
    const pids = new Set(told.map((line) => line.slice(2)));
    expect([told.length, pids.size]).toEqual([3, 1]);
    // Theirs is a process of its own.
    expect(await run('d', 'succeed')).toMatchObject({ task: 'd', exit_code: 0 });
    expect(told).toHaveLength(3);
    await subject.close();
  });

  test('waits for one account at a time; others get one that has not worked yet', async () => {
    const children: Child[] = [];
    const start = () => {
      const child = new Child(standby.command, () => undefined, standby.line);
      children.push(child);
      return child;
    };
    const waiting = new Standby(start);
    const task = { id: 't', accountId: 'a', jobId: 'j', attempt: 1, timeoutSeconds: 60 };
    waiting.prepare();
    const first = waiting.take('a')!;
    expect(await first.go(task)).toEqual({ exitCode: 0, reason: 'completed' });
    expect(waiting.keep(first, 'a')).toBe(true);
    waiting.prepare();
    // As long as nobody else has come, there is no other.
    expect(children).toHaveLength(1);
    expect(waiting.take('b')).toBeUndefined();
    waiting.prepare();
    const second = waiting.take('b')!;
    expect(second).toBe(children[1]);
    expect(await second.go(task)).toMatchObject({ exitCode: 0 });
    expect(waiting.keep(second, 'b')).toBe(false);
    expect(waiting.take('a')).toBe(first);
    for (const child of children) child.kill('done');
    await Promise.all(children.map(({ ended }) => ended));
    expect(waiting.keep(first, 'a')).toBe(false);
    await waiting.close();
  });
});

describe('at most one child waits', () => {
  const children: Child[] = [];
  const start = () => {
    const child = new Child(command, () => undefined, standby.line);
    children.push(child);
    return child;
  };
  beforeEach(() => {
    children.length = 0;
  });

  test('and ends where nothing comes for a while', async () => {
    const one = new Standby(start, 1);
    one.prepare();
    expect(await children[0]!.ended).toEqual({ exitCode: null, reason: 'not needed' });
    expect(one.take('a')).toBeUndefined();
  });

  test('and ends with its host', async () => {
    const one = new Standby(start);
    one.prepare();
    await one.close();
    expect(await children[0]!.ended).toEqual({ exitCode: null, reason: 'host_stopped' });
    one.prepare();
    expect(children).toHaveLength(1);
  });

  test('that cannot be started fails nobody: there is none', () => {
    const waiting = new Standby(() => {
      throw new Error('no more processes');
    });
    waiting.prepare();
    expect(waiting.take('a')).toBeUndefined();
  });
});
