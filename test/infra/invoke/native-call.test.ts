import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

test('a thread that is terminated within a call of ONNX Runtime does not take the process with it', () => {
  const args = ['--no-warnings', join(import.meta.dirname, 'native-call-program.ts')];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'the worker ended (1)\n', stderr: '' });
});
