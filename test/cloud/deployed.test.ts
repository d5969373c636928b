/** The whole deployment on the emulator: by `cdk`, used over HTTP as on one machine, and upgraded over its data. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { GetQueueAttributesCommand, ListQueuesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from '#infra/embedded/demo/client.ts';
import { splitPenguins } from '#infra/embedded/demo/penguins.ts';
import { runMainJob } from '#infra/embedded/demo/session.ts';
import { Terminal } from '#infra/embedded/demo/terminal.ts';
import { bootstrap, type CloudFormation, deploy } from './deployment.ts';
import { type MiniStack, startMiniStack } from './ministack.ts';

interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Remembers as whom the main job registered. */
class RememberingClient extends Client {
  credentials: Credentials | undefined;

  override post<T>(path: string, body?: unknown): Promise<T> {
    if (path === '/auth/register') this.credentials = body as Credentials;
    return super.post<T>(path, body);
  }
}

interface Answer {
  readonly predictions: readonly { readonly class: string; readonly confidence: number }[];
}

let folder: string;
let stack: MiniStack;
let to: CloudFormation;
let base: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-deployed-'));
  stack = await startMiniStack();
  to = { endpoint: stack.endpoint, folder };
  await bootstrap(to);
  ({ base } = await deploy(to));
}, 240_000);
afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Messages in all dead-letter queues of the deployment. */
async function deadLetters(): Promise<number> {
  const { sqs } = stack.clients();
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
  const dead = QueueUrls.filter((url) => url.includes('Dead'));
  expect(dead.length).toBeGreaterThan(0);
  const counts = dead.map(async (QueueUrl) => {
    const count = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] });
    return Number((await sqs.send(count)).Attributes?.ApproximateNumberOfMessages);
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

test('the main job runs on what was deployed, and an upgrade keeps the account and its model', async () => {
  const client = new RememberingClient(base);
  const printed = new PassThrough().resume();
  const file = join(folder, 'penguins.onnx');
  // Without containers the job can only have been trained in the function.
  const accuracy = await runMainJob(client, new Terminal(printed), file, 500);
  expect(accuracy).toBeGreaterThanOrEqual(0.95);
  const model = readFileSync(file);
  expect(model.length).toBeGreaterThan(1000);
  expect(await deadLetters()).toBe(0);

  const before = await client.get<{ models: readonly { id: string }[] }>('/models');
  expect(before.models).toHaveLength(1);
  const path = `/models/${before.models[0]!.id}`;
  const inputs = splitPenguins().test.map((row) => row.input);
  const predicted = await client.post<Answer>(`${path}/predict`, { inputs });
  expect(predicted.predictions).toHaveLength(inputs.length);

  // Settings that change resources of all three stacks, those with the data among them.
  expect(await deploy(to, { backupDays: '14', logDays: '14' })).toEqual({ base, unchanged: 0 });
  const { username, password } = client.credentials!;
  const again = new Client(base);
  const { access_token } = await again.post<{ access_token: string }>('/auth/login', { username, password });
  again.useToken(access_token);
  expect(await again.get('/models')).toEqual(before);
  expect((await again.post<Answer>(`${path}/predict`, { inputs })).predictions).toEqual(predicted.predictions);
  expect(Buffer.from(await again.download(`${path}/download`))).toEqual(model);
}, 300_000);
