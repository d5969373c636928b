import { expect, test } from '@jest/globals';
import { readArguments } from '#infra/upload/arguments.ts';
import { runProgram } from '../../e2e/cases/programs.ts';

const secret = { TRAINYARD_PASSWORD: 'correct horse' };
const BASE = 'http://127.0.0.1:8000';

test('a dataset has the name of its file by default', () => {
  expect(readArguments(['a/big.table.csv', `${BASE}/`, '--user', 'ada'], secret)).toEqual({
    file: 'a/big.table.csv',
    base: BASE,
    user: 'ada',
    password: 'correct horse',
    name: 'big.table',
  });
  const all = ['x.csv', BASE, '--user', 'ada', '--name', 'n', '--target', 't', '--type', 'regression'];
  expect(readArguments(all, secret)).toMatchObject({ name: 'n', target: 't', type: 'regression' });
  expect(readArguments(['--help'], {})).toBeUndefined();
});

test.each([
  [[], secret, 'FILE is missing; see --help'],
  [['x.csv'], secret, 'BASE_URL must be the http or https URL of a platform'],
  [['x.csv', 'here', '--user', 'ada'], secret, 'got here'],
  [['x.csv', BASE, 'y.csv', '--user', 'ada'], secret, 'There must be one FILE and one BASE_URL; got y.csv as well'],
  [['x.csv', BASE], secret, '--user NAME is missing; see --help'],
  [['x.csv', BASE, '--user', 'ada'], {}, 'TRAINYARD_PASSWORD must be the password of ada; it is not set'],
  [['x.csv', BASE, '--user', 'ada', '--type', 'x'], secret, '--type must be classification or regression; got x'],
  [['x.csv', BASE, '--colour', 'red'], secret, "Unknown option '--colour'"],
])('%j is refused', (args, environment, message) => {
  expect(() => readArguments(args, environment)).toThrow(message);
});

test('the program exits with 2 and one line', async () => {
  const { code, stderr } = await runProgram('upload', ['x.csv', BASE, '--user', 'ada']);
  expect([code, stderr]).toEqual([2, 'TRAINYARD_PASSWORD must be the password of ada; it is not set\n']);
  expect((await runProgram('upload', ['--help'])).stdout).toContain('npm run upload -- FILE BASE_URL');
});
