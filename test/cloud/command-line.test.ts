/** The messages of `cdk` for a wrong deployment, run as a user runs it. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const CDK = join(root, 'node_modules/aws-cdk/bin/cdk');

let folder: string;
let withoutDocker: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-command-line-'));
  // Wherever this runs: a client whose daemon does not answer.
  withoutDocker = join(folder, 'bin');
  mkdirSync(withoutDocker);
  writeFileSync(join(withoutDocker, 'docker'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function synth(args: readonly string[]) {
  const all = [CDK, 'synth', '--quiet', '--no-notices', '--output', join(folder, 'cdk.out'), ...args];
  const options = {
    cwd: root,
    maxBuffer: 1 << 26,
    env: {
      PATH: [withoutDocker, process.env.PATH].join(delimiter),
      HOME: folder,
      CDK_HOME: folder,
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      CDK_DISABLE_VERSION_CHECK: '1',
    },
  };
  try {
    const { stdout, stderr } = await run(process.execPath, all, options);
    return { code: 0, said: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as {
      readonly code: number;
      readonly stdout: string;
      readonly stderr: string;
    };
    return { code, said: stdout + stderr };
  }
}

/** Generous, for a busy machine. */
const LIMIT_MS = 240_000;

/** The line that `cdk` itself prints when the app's program has exited. */
const CDKS_OWN = 'node bin/with-node.mjs infra/aws/main.ts: Subprocess exited with error 1';

describe('cdk synth', () => {
  test.each([
    ['an unknown stage', ['stage=staging'], 'stage must be one of dev, prod; got staging'],
    [
      'settings out of range',
      ['backupDays=0', 'gpu=perhaps'],
      'Settings of stage dev: backupDays must be a whole number between 1 and 3650; got 0; gpu must be one of true, false; got perhaps',
    ],
    [
      'neither Docker nor an image',
      ['stage=prod'],
      'The trainer image needs a running Docker to be built; start it, or name a built image with -c trainerImage=REPOSITORY:TAG, or do without containers with -c batch=false',
    ],
  ])(
    'with %s fails with one line',
    async (_, context, line) => {
      const { code, said } = await synth(context.flatMap((one) => ['-c', one]));
      expect(code).toBe(1);
      expect(said.trim().split('\n')).toEqual([line, CDKS_OWN]);
    },
    LIMIT_MS,
  );

  const app = ['--app', `${process.execPath} --disable-warning=ExperimentalWarning test/cloud/open-app.ts`];

  test(
    'fails if the AWS Solutions pack has a finding that is not acknowledged',
    async () => {
      const { code, said } = await synth(app);
      expect(code).toBe(1);
      for (const rule of ['S1', 'S10']) expect(said).toContain(`AwsSolutions-${rule}'`);
      expect(said).toContain('trainyard-dev-data/Open');
      expect(said).toContain('Synthesis finished with errors');
    },
    LIMIT_MS,
  );
});
