/** The training function on Lambda: bundled, zipped, invoked asynchronously by Compute. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateFunctionCommand, GetFunctionCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { wire } from '#aws/wiring.ts';
import { parseSettings } from '#domain/settings.ts';
import { findJob } from '#domain/training/read.ts';
import { makeHandler as makeDispatch } from '#functions/events/dispatch-training.ts';
import { makeHandler as makeSettle } from '#functions/events/settle-training.ts';
import { bundleFunction } from '#infra/aws/bundle/functions.ts';
import { bundleLibraries } from '#infra/aws/bundle/libraries.ts';
import { batchOf } from '../functions/events/sqs.ts';
import { silent } from '../functions/events/world.ts';
import { PYTHON } from './ministack.ts';
import { ACCOUNT, type Cloud, openCloud } from './world.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const NAME = 'run-training';

let cloud: Cloud;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-lambda-'));
  cloud = await openCloud();
  const code = join(folder, 'code');
  const libraries = join(folder, 'libraries');
  await Promise.all([bundleFunction(root, NAME, code), bundleLibraries(root, libraries)]);
  const zip = join(folder, 'code.zip');
  execFileSync(PYTHON, ['-m', 'zipfile', '-c', zip, join(code, 'index.mjs'), join(code, 'package.json')]);
  const { lambda } = cloud.stack.clients();
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: NAME,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: 'arn:aws:iam::000000000000:role/trainer',
      Code: { ZipFile: readFileSync(zip) },
      Timeout: 900,
      // In place of the layers, of which that with ONNX Runtime is for Linux on arm64.
      Environment: {
        Variables: {
          ...cloud.environment,
          NODE_PATH: [join(libraries, 'nodejs', 'node_modules'), join(root, 'node_modules')].join(delimiter),
        },
      },
    }),
  );
  for (;;) {
    const { Configuration: of } = await lambda.send(new GetFunctionCommand({ FunctionName: NAME }));
    if (of?.State === 'Active') break;
  }
}, 60_000);
afterAll(async () => {
  await cloud?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a small job is dispatched to the function, trained there, and settled', async () => {
  const { id } = await cloud.queueJob('small', { epochs: 20, learning_rate: 0.01 });
  const { adapters } = wire({ ...cloud.environment, TRAINYARD_TRAINING_FUNCTION: NAME });
  const settings = parseSettings({});
  const message = batchOf([{ account_id: ACCOUNT, job_id: id }]);
  expect((await makeDispatch(adapters, { logger: silent, settings })(message)).batchItemFailures).toEqual([]);
  const event = await cloud.nextEvent('compute.stopped');
  expect(event.detail).toMatchObject({ task: 'small-1', exit_code: 0, reason: 'completed' });
  await makeSettle(adapters, { logger: silent })(event);
  expect(await findJob(adapters.table, ACCOUNT, id)).toMatchObject({ status: 'completed', attempt: 1 });
});
