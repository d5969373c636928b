import { afterEach, expect, test } from '@jest/globals';
import { trainerCommand } from '#infra/embedded/trainer.ts';

const before = process.env.TMPDIR;
afterEach(() => {
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
});

const environment = () => {
  const task = { id: 'j-1', accountId: 'a', jobId: 'j', attempt: 1, timeoutSeconds: 60 };
  return trainerCommand('/data', 1000, task).env;
};

test('a trainer writes its temporary files where the host does, and has no more of the host’s environment', () => {
  process.env.TMPDIR = '/scratch';
  process.env.TRAINYARD_SECRET_OF_THE_HOST = 'x';
  expect(environment()).toMatchObject({ TMPDIR: '/scratch', TRAINYARD_JOB: 'j', TRAINYARD_MEMORY: '1000' });
  expect(environment()).not.toHaveProperty('TRAINYARD_SECRET_OF_THE_HOST');
  delete process.env.TRAINYARD_SECRET_OF_THE_HOST;
  delete process.env.TMPDIR;
  expect(environment()).not.toHaveProperty('TMPDIR');
});
