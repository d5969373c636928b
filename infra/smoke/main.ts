/**
 * `npm run smoke -- BASE_URL`: the main workflow over HTTP against any deployment: register, upload, train, watch,
 * predict, download. BASE_URL is that of the platform surface, such as the CDK's output or `http://127.0.0.1:8000`.
 * What it creates stays, in a new account. Exits with 0, or with 1 and one line that says what went wrong.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMainJob } from '../embedded/demo/session.ts';
import { Terminal } from '../embedded/demo/terminal.ts';
import { expectPlatform, lineOf, platformUrl } from './platform-url.ts';

/** Stays well below an account's limit of 1000 requests an hour. */
const POLL_MS = 2000;
/** A network with a lower accuracy on the penguins has learned nothing. */
const MIN_ACCURACY = 0.8;

const folder = mkdtempSync(join(tmpdir(), 'trainyard-smoke-'));
try {
  const base = platformUrl(process.argv[2]);
  await expectPlatform(base);
  const terminal = new Terminal(process.stdout);
  const accuracy = await runMainJob(base, terminal, join(folder, 'model.onnx'), POLL_MS);
  if (!(accuracy >= MIN_ACCURACY)) throw new Error(`accuracy must be at least ${MIN_ACCURACY}; got ${accuracy}`);
  terminal.say('The deployment works.');
} catch (error) {
  process.stderr.write(`${lineOf(error)}\n`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
