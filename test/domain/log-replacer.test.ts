import { Console } from 'node:console';
import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { wire } from '#aws/wiring.ts';
import type { Log } from '#functions/http/contract.ts';
import { makeLogger } from '#infra/embedded/logger.ts';
import { ENVIRONMENT } from '../functions/environment.ts';

/** As a service may answer that repeats all that it was sent. */
function longError(): Error {
  const error = new Error(`not that: ${'x'.repeat(1_000_000)} at the end`);
  return Object.assign(error, { issues: Array.from({ length: 100_000 }, (_, i) => ({ path: [i] })) });
}

function lineOf(logger: Log): string {
  const output = new PassThrough();
  Object.assign(logger, { console: new Console({ stdout: output, stderr: output }) });
  logger.error('failed', longError());
  return String(output.read());
}

test.each([
  ['on one machine', () => makeLogger('host', 'stderr')],
  ['in a deployment', () => wire(ENVIRONMENT).options.logger],
])('a log line %s is short, however long the error', (_, make) => {
  const line = lineOf(make());
  expect(line.length).toBeLessThan(60_000);
  const { error } = JSON.parse(line);
  expect(error.message).toMatch(/^not that: x+ … \d+ characters left out … x+ at the end$/);
  expect(JSON.stringify(error.stack)).toContain('log-replacer.test.ts');
  expect(error.issues.slice(-2)).toEqual([{ path: [49] }, '… 99950 items left out']);
});
