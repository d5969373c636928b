import { execFileSync } from 'node:child_process';
import { afterEach, expect, test } from '@jest/globals';
import { trainerCommand } from '#infra/embedded/trainer.ts';

const before = process.env.TMPDIR;
afterEach(() => {
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
});

const command = () =>
  trainerCommand('/data', 1000, { id: 'j-1', accountId: 'a', jobId: 'j', attempt: 1, timeoutSeconds: 60 });
const environment = () => command().env;

test('a trainer writes its temporary files where the host does, and has no more of the host’s environment', () => {
  process.env.TMPDIR = '/scratch';
  process.env.TRAINYARD_SECRET_OF_THE_HOST = 'x';
  expect(environment()).toMatchObject({ TMPDIR: '/scratch', TRAINYARD_JOB: 'j', TRAINYARD_MEMORY: '1000' });
  expect(environment()).not.toHaveProperty('TRAINYARD_SECRET_OF_THE_HOST');
  delete process.env.TRAINYARD_SECRET_OF_THE_HOST;
  delete process.env.TMPDIR;
  expect(environment()).not.toHaveProperty('TMPDIR');
});

test('a trainer has the options of this Node.js with which it can collect its garbage between trainings', () => {
  const { args } = command();
  const options = args.slice(0, -1);
  expect(execFileSync(process.execPath, [...options, '--print', 'typeof gc'], { encoding: 'utf8' })).toBe('function\n');
});
