import { execFile } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { surfaces } from '#infra/topology.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-client-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const schemaOf = (surface: string): string => join('layers/client', surface, 'schema.ts');

function client(...args: readonly string[]): Promise<{ code: number; stderr: string }> {
  const program = [resolve('infra/client/main.ts'), ...args];
  return new Promise((done) => {
    execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', ...program],
      { cwd: folder },
      (error, _, stderr) => done({ code: error === null ? 0 : Number(error.code), stderr }),
    );
  });
}

const complaints = (names: readonly string[]): string =>
  names.map((name) => `${schemaOf(name)} is not what the OpenAPI document says: run npm run client\n`).join('');

test('the client of every surface is generated, and is noticed where it is missing or not current', async () => {
  const names = Object.keys(surfaces);
  expect(await client('--check')).toEqual({ code: 1, stderr: complaints(names) });
  expect(existsSync(join(folder, 'layers'))).toBe(false);

  expect(await client()).toEqual({ code: 0, stderr: '' });
  expect(await client('--check')).toEqual({ code: 0, stderr: '' });

  appendFileSync(join(folder, schemaOf('platform')), ' ');
  expect(await client('--check')).toEqual({ code: 1, stderr: complaints(['platform']) });
}, 120_000);
