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

const PYTHON = {
  SCHEMATHESIS_HOOKS: 'hooks',
  PYTHONPATH: resolve('test/schemathesis'),
  PYTHONDONTWRITEBYTECODE: '1',
};

const key = randomBytes(24).toString('base64url');
let folder: string;
let host: StartedHost;
let config: string;
let prepared: Readonly<Record<string, string>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-schemathesis-'));
  host = await startHost(join(folder, 'data'), key);
  prepared = { KEY: key, ...(await prepare(host.bases, folder)) };
  config = join(folder, 'schemathesis.toml');
  const template = readFileSync('test/schemathesis/schemathesis.toml', 'utf8');
  writeFileSync(
    config,
    template.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => prepared[name]!),
  );
}, 300_000);
afterAll(async () => {
  await host?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function operationsOf(url: string): Promise<string[]> {
  const { paths = {} } = (await (await fetch(url)).json()) as { paths?: Record<string, Record<string, object>> };
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

/** Operations that cannot succeed with what is made up, each with the reason. */
const NEVER: Readonly<Record<string, string>> = {
  'POST /datasets/uploads/{upload_id}/complete': 'its parts have to be sent to presigned URLs before',
  'POST /models/import/uploads/{import_id}/complete': 'its parts have to be sent to presigned URLs before',
  'POST /training/stop/{job_id}': 'no training of this lane takes so long that it can be stopped',
  'POST /api/model-manager/{manager_id}/models/uploads/{upload_id}/complete':
    'its parts have to be sent to presigned URLs before',
  'POST /api/model-manager/{manager_id}/backup/uploads/{upload_id}/complete':
    'its parts have to be sent to presigned URLs before',
  'POST /predictions/batch/{batch_id}/cancel': 'no prediction of this lane takes so long that it can be cancelled',
  'POST /jobs/{job_id}/stop': 'no training of this lane takes so long that it can be stopped',
  'DELETE /account': 'it would end the run: it is confirmed with a name that Schemathesis does not know',
  'POST /auth/refresh': 'nobody guesses a refresh token',
  'POST /models/import': 'no schema says what an ONNX model is',
  'POST /training/restart/{job_id}': 'the trainings and sweeps that this lane has started take all five places',
  'POST /auth/reset-password': 'nobody guesses a code',
  'PUT /account/password': 'it is for users, and this lane calls with an API key',
  'DELETE /account/sessions': 'it is for users, and this lane calls with an API key',
};

/** All surfaces, or the one that was asked for. */
function chosen(): string[] {
  const [names, name] = [Object.keys(surfaces), process.env.SCHEMATHESIS_SURFACE];
  if (name === undefined) return names;
  if (!names.includes(name)) throw new Error(`--surface must be one of ${names.join(', ')}; got ${name}`);
  return [name];
}

test.each(chosen())('the %s surface does what its document says', async (surface) => {
  const [report, acceptedFile] = [join(REPORTS, `${surface}.txt`), join(folder, `${surface}.json`)];
  const url = `${host.bases[surface]}/openapi.json`;
  const operations = await operationsOf(url);
  // A surface without routes has nothing to say.
  if (operations.length === 0) return;
  const child = spawn(PROGRAM, ['--config-file', config, 'run', url, ...OPTIONS], {
    cwd: folder,
    env: { ...process.env, ...PYTHON, ...prepared, ACCEPTED: acceptedFile },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [[code], printed] = await Promise.all([once(child, 'close'), text(child.stdout)]);
  mkdirSync(REPORTS, { recursive: true });
  writeFileSync(report, printed);
  if (code !== 0) process.stderr.write(printed);
  process.stderr.write(`${printed.slice(printed.indexOf('SUMMARY'))}\nThe whole report: ${report}\n`);
  expect(code).toBe(0);

  // A run that was told what to call does not call the rest.
  if (OPTIONS.some((option) => /^--(in|ex)clude|^--phases/.test(option))) return;
  const accepted: string[] = JSON.parse(readFileSync(acceptedFile, 'utf8'));
  expect(operations.filter((one) => !accepted.includes(one) && !(one in NEVER))).toEqual([]);
});
