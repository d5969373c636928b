/** The whole deployment on the emulator: deployed by `cdk`, used over HTTP, and upgraded with its data. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetQueueAttributesCommand, ListQueuesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SqsQueue } from '#aws/queue/queue.ts';
import { parseSettings } from '#domain/settings.ts';
import { splitPenguins } from '#infra/embedded/demo/penguins.ts';
import { platformCases } from '../e2e/cases/index.ts';
import { LONG } from '../e2e/cases/stopping.ts';
import { User } from '../e2e/user.ts';
import type { World } from '../e2e/world.ts';
import { bootstrap, type CloudFormation, deploy } from './deployment.ts';
import { type MiniStack, startMiniStack } from './ministack.ts';
import { runSchedule } from './run-schedule.ts';

const folder = mkdtempSync(join(tmpdir(), 'trainyard-deployed-'));
let stack: MiniStack;
let to: CloudFormation;
let bases: World['bases'];

const world: World = {
  folder,
  pollMilliseconds: 250,
  requestBytes: parseSettings({}).uploadBytes,
  webhooksToLoopback: false,
  runSchedule: (name, makeDue) => runSchedule(name, stack.clients(), makeDue),
  get base() {
    return bases.platform;
  },
  get bases() {
    return bases;
  },
};

beforeAll(async () => {
  stack = await startMiniStack();
  to = { endpoint: stack.endpoint, folder };
  await bootstrap(to);
  ({ bases } = await deploy(to));
}, 600_000);
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

// Without containers all these jobs must have been trained in the function.
platformCases(world);

describe('the deployment', () => {
  test('has delivered every message and event', async () => {
    expect(await deadLetters()).toBe(0);
  });

  test('dead-letters a poison message with the reason, while the others of its batch pass', async () => {
    const { sqs } = stack.clients();
    const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
    const [queue, dead] = [/Queuedatasets(?!Dead)/, /QueuedatasetsDead/].map((pattern) =>
      QueueUrls.find((url) => pattern.test(url)),
    );
    await sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: '{"account_id":"nobody"}' }));
    const user = await User.register(world);
    expect((await user.uploadPenguins()).status).toBe('ready');
    const letters = new SqsQueue({ client: sqs, url: dead! });
    const [letter] = await user.until(
      () => letters.receive(),
      ({ length }) => length > 0,
    );
    expect(letter).toMatchObject({ body: '{"account_id":"nobody"}', reason: expect.stringContaining('dataset_id') });
    await letters.acknowledge(letter!.receipt);
  }, 60_000);

  test('loses nothing when it is deployed again, with changes to all its stacks', async () => {
    const user = await User.register(world);
    const dataset = await user.uploadPenguins();
    const [job, stopped] = [await user.train(dataset.id, { epochs: 20 }), await user.train(dataset.id, LONG)];
    await user.client.post(`/training/stop/${stopped}`);
    await user.jobIs(job, ({ status }) => status === 'completed');
    const model = `/models/${(await user.results(job)).model_id}`;
    const inputs = splitPenguins().test.map((row) => row.input);
    const everything = async (of: User) => ({
      read: await Promise.all(
        [
          '/auth/me',
          '/datasets',
          `/datasets/${dataset.id}`,
          `/datasets/${dataset.id}/profile`,
          `/training/status/${job}`,
          `/training/results/${job}`,
          `/training/status/${stopped}`,
          '/models',
          model,
        ].map((path) => of.client.get(path)),
      ),
      predicted: await of.client.post(`${model}/predict`, { inputs }),
      file: Buffer.from(await of.client.download(`${model}/download`)).toString('base64'),
    });
    const before = await everything(user);

    expect(await deploy(to, { backupDays: '14', logDays: '14' })).toEqual({ bases, unchanged: 0 });
    // The earlier token is still valid, and so is the password.
    expect(await everything(user)).toEqual(before);
    await user.login();
    expect(await everything(user)).toEqual(before);
    // The earlier data can still be used.
    const next = await user.train(dataset.id, { epochs: 2 });
    await user.jobIs(next, ({ status }) => status === 'completed');
    expect(await user.client.get('/models')).toMatchObject({ total: 2 });
  }, 300_000);
});
