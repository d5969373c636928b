/** Every surface does what its OpenAPI document says, with requests that are made from the document. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { surfaces } from '#infra/topology.ts';
import { type StartedHost, startHost } from './host.ts';
import { prepare } from './prepare.ts';

const PROGRAM = resolve('.trainyard/schemathesis/venv/bin/schemathesis');
/** Git ignores it. */
const REPORTS = resolve('.trainyard/schemathesis/reports');
/** Of `bin/test-schemathesis.ts`. */
const OPTIONS = (process.env.SCHEMATHESIS_OPTIONS ?? '').split(' ').filter((option) => option !== '');

const key = randomBytes(24).toString('base64url');
let folder: string;
let host: StartedHost;
let config: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-schemathesis-'));
  host = await startHost(join(folder, 'data'), key);
  const prepared = await prepare(host.bases);
  config = join(folder, 'schemathesis.toml');
  const template = readFileSync('test/schemathesis/schemathesis.toml', 'utf8');
  writeFileSync(
    config,
    template.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => prepared[name]!),
  );
}, 60_000);
afterAll(async () => {
  await host?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

test.each(Object.keys(surfaces))('the %s surface does what its document says', async (surface) => {
  const report = join(REPORTS, `${surface}.txt`);
  const child = spawn(
    PROGRAM,
    [
      '--config-file',
      config,
      'run',
      `${host.bases[surface]}/openapi.json`,
      '--header',
      `X-API-Key: ${key}`,
      ...OPTIONS,
    ],
    {
      cwd: 'test/schemathesis',
      env: { ...process.env, SCHEMATHESIS_HOOKS: 'hooks', PYTHONPATH: '.', PYTHONDONTWRITEBYTECODE: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [[code], printed] = await Promise.all([once(child, 'close'), text(child.stdout)]);
  mkdirSync(REPORTS, { recursive: true });
  writeFileSync(report, printed);
  if (code !== 0) process.stderr.write(printed);
  process.stderr.write(`${printed.slice(printed.indexOf('SUMMARY'))}\nThe whole report: ${report}\n`);
  expect(code).toBe(0);
});
