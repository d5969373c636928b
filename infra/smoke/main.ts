/**
 * `npm run smoke -- BASE_URL`: the main job over HTTP against any deployment: register, upload, train, watch, predict,
 * download. BASE_URL is the platform surface's, such as the CDK's output or `http://127.0.0.1:8000`. What it makes stays,
 * in an account of its own. Ends with 0, or with 1 and one line that says what went wrong.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '../embedded/demo/client.ts';
import { runMainJob } from '../embedded/demo/session.ts';
import { Terminal } from '../embedded/demo/terminal.ts';

/** An account has 1000 requests an hour. */
const POLL_MS = 2000;
/** A network that was trained on the penguins and knows fewer has learned nothing. */
const LEAST_ACCURACY = 0.8;

/** Without the slash at its end; throws where it is no URL of HTTP. */
function baseOf(argument: string | undefined): string {
  const url = argument === undefined ? null : URL.parse(argument);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new Error(
      `npm run smoke -- BASE_URL: must be the http or https URL of a platform; got ${argument ?? 'none'}`,
    );
  }
  return url.href.replace(/\/$/, '');
}

/** An error's message, and why its cause says that it came to it. */
function lineOf(error: unknown): string {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}

const folder = mkdtempSync(join(tmpdir(), 'trainyard-smoke-'));
try {
  const client = new Client(baseOf(process.argv[2]));
  const terminal = new Terminal(process.stdout);
  const accuracy = await runMainJob(client, terminal, join(folder, 'model.onnx'), POLL_MS);
  if (!(accuracy >= LEAST_ACCURACY)) throw new Error(`accuracy must be at least ${LEAST_ACCURACY}; got ${accuracy}`);
  terminal.say('The deployment works.');
} catch (error) {
  process.stderr.write(`${lineOf(error)}\n`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
