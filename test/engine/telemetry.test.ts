import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { TELEMETRY_OFF } from '#engine/telemetry.ts';

const MODULE = JSON.stringify(resolve('layers/engine/telemetry.ts'));

/** What a program prints whose environment says nothing of telemetry, or what `env` does. */
function run(program: string, env: Readonly<Record<string, string>> = {}) {
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', program];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
  return stdout + stderr;
}

/** Starts a thread that imports the module; `before` runs in the main thread. */
const inThread = (before: string, options = '{}'): string => `
import { Worker } from 'node:worker_threads';
${before}
const source = 'import(' + ${JSON.stringify(MODULE)} + ').then(() => console.log("imported"), ({ message }) => console.log(message))';
new Worker(source, { eval: true, ...${options} });
`;

const CHILD_SAYS = `
const { execFileSync } = await import('node:child_process');
console.log(execFileSync('/usr/bin/env', { encoding: 'utf8' }));
`;

describe('the telemetry of ONNX Runtime', () => {
  test('is off for a process that imports the module, and for its children', () => {
    const [[name, value] = []] = Object.entries(TELEMETRY_OFF);
    expect(run(`await import(${MODULE}); ${CHILD_SAYS}`)).toContain(`${name}=${value}\n`);
    expect(run(`await import(${MODULE}); ${CHILD_SAYS}`, { [name!]: '0' })).toContain(`${name}=${value}\n`);
  });

  test('is off in a thread whose main thread has turned it off, whatever the thread was given for an environment', () => {
    const off = `await import(${MODULE});`;
    expect(run(inThread(off))).toBe('imported\n');
    expect(run(inThread(off, '{ env: {} }'))).toBe('imported\n');
  });

  test('cannot be turned off by a thread: instead of loading the runtime, the import says what to do', () => {
    const refused = /^ONNX Runtime is not loaded: ORT_DISABLE_TELEMETRY must be 1 .* in the main thread first\n$/;
    expect(run(inThread(''))).toMatch(refused);
    expect(run(inThread('', "{ env: { ORT_DISABLE_TELEMETRY: '1' } }"))).toMatch(refused);
  });
});
