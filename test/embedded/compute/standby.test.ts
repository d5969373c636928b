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
    expect(one.take()).toBeUndefined();
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
    expect(waiting.take()).toBeUndefined();
  });
});
