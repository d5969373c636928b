import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { readArguments } from '#infra/vault/arguments.ts';
import { runProgram } from '../../e2e/cases/programs.ts';

const key = { TRAINYARD_API_KEY: 'a key' };
const BASE = 'http://127.0.0.1:8004';
const folder = mkdtempSync(join(tmpdir(), 'trainyard-vault-arguments-'));
afterAll(() => rmSync(folder, { recursive: true }));

function written(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test('a model has the name of its file by default, and a password from the environment or a file', () => {
  expect(readArguments(['save', 'a/big.model.onnx', `${BASE}/`, '--manager', 'prod'], key)).toEqual({
    action: 'save',
    file: 'a/big.model.onnx',
    base: BASE,
    apiKey: 'a key',
    manager: 'prod',
    model: 'big.model',
    replace: false,
    sign: false,
    tags: [],
    metadata: {},
  });
  const all = ['load', 'x', BASE, '--manager', 'm', '--model', 'n', '--replace', '--sign', '--tags', 'a,b'];
  const more = ['--metadata', written('metadata.json', '{"version":"2"}')];
  expect(readArguments([...all, ...more], { ...key, TRAINYARD_MODEL_PASSWORD: 'secret' })).toMatchObject({
    ...{ action: 'load', model: 'n', replace: true, sign: true, tags: ['a', 'b'], metadata: { version: '2' } },
    password: 'secret',
  });
  const file = written('password', 'of a file\nnot this');
  expect(readArguments([...all, '--password-file', file], key)).toMatchObject({ password: 'of a file' });
  expect(readArguments(['--help'], {})).toBeUndefined();
});

test.each([
  [[], key, 'The first word must be save or load; got none; see --help'],
  [['steal', 'x', BASE], key, 'The first word must be save or load; got steal; see --help'],
  [['save'], key, 'FILE is missing; see --help'],
  [['save', 'x', 'here', '--manager', 'm'], key, 'got here'],
  [['save', 'x', BASE, 'y', '--manager', 'm'], key, 'There must be one FILE and one BASE_URL; got y as well'],
  [['save', 'x', BASE], key, '--manager ID is missing; see --help'],
  [['save', 'x', BASE, '--manager', 'm'], {}, 'TRAINYARD_API_KEY must be an API key; it is not set'],
  [['save', 'x', BASE, '--manager', 'm', '--password', 'p'], key, "Unknown option '--password'"],
  [['save', 'x', BASE, '--manager', 'm', '--password-file', '/none'], key, '--password-file cannot be read: ENOENT'],
  [['save', 'x', BASE, '--manager', 'm', '--metadata', written('list.json', '[]')], key, 'a file with a JSON object'],
])('%j is refused', (args, environment, message) => {
  expect(() => readArguments(args, environment)).toThrow(message);
});

test('the program exits with 2 and one line', async () => {
  const { code, stderr } = await runProgram('vault', ['save', 'x', BASE, '--manager', 'm']);
  expect([code, stderr]).toEqual([2, 'TRAINYARD_API_KEY must be an API key; it is not set\n']);
  expect((await runProgram('vault', ['--help'])).stdout).toContain('npm run vault -- save|load FILE BASE_URL');
});
