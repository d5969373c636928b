/** The smoke test as a program, as it is run against a deployment. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { startHostProcess } from './running-host.ts';

async function smoke(...args: readonly string[]) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'infra/smoke/main.ts', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { code: code as number, stdout, stderr };
}

test('runs the main job against a host and ends with 0', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-smoke-'));
  const host = await startHostProcess(folder);
  const { code, stdout, stderr } = await smoke(`${host.base}/`);
  expect(stderr).toBe('');
  expect(stdout).toMatch(/Registered.*Uploaded.*Downloaded the model.*The deployment works\.\n$/s);
  expect(code).toBe(0);
  await host.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

test.each([
  ['no URL', [], 'must be the http or https URL of a platform; got none'],
  ['what is none', ['penguins'], 'must be the http or https URL of a platform; got penguins'],
  ['what does not answer', ['http://127.0.0.1:2'], 'fetch failed'],
])('says in one line what is wrong with %s', async (_what, args, line) => {
  const { code, stderr } = await smoke(...args);
  expect(code).toBe(1);
  expect(stderr.trimEnd().split('\n')).toEqual([expect.stringContaining(line)]);
});
