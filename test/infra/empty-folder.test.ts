import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { keepRelativeNames } from '#infra/embedded/empty-folder.ts';

test('folders that the environment names relatively stay those of where the host was started', () => {
  const environment: NodeJS.ProcessEnv = { TMPDIR: 'scratch', TMP: '/tmp', TEMP: '', HOME: 'home' };
  keepRelativeNames(environment);
  expect(environment).toEqual({ TMPDIR: resolve('scratch'), TMP: resolve('/tmp'), TEMP: '', HOME: 'home' });
});
