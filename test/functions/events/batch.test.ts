import { expect, test } from '@jest/globals';
import type { DatasetMessage } from '#domain/messages.ts';
import { datasetMessage } from '#domain/messages.ts';
import { consumer, type HandleMessage } from '#functions/events/batch.ts';
import { batchOf } from './sqs.ts';
import { silent } from './world.ts';

interface Grave {
  readonly body: string;
  readonly reason: string;
}

function consuming(
  handle: HandleMessage<DatasetMessage>,
  deadLetter = async (_body: string, _reason: string): Promise<void> => {},
) {
  const deadLettered: Grave[] = [];
  const queue = {
    maxReceives: 3,
    deadLetter: async (body: string, reason: string) => {
      await deadLetter(body, reason);
      deadLettered.push({ body, reason });
    },
  };
  return { handler: consumer({ schema: datasetMessage, queue, logger: silent }, handle), deadLettered };
}

const message = (dataset_id: string) => ({ account_id: 'a', dataset_id });
const failures = async (answer: Promise<{ batchItemFailures: { itemIdentifier: string }[] }>) =>
  (await answer).batchItemFailures.map((one) => one.itemIdentifier);
const refuseBad: HandleMessage<DatasetMessage> = async ({ dataset_id }) => {
  if (dataset_id === 'bad') throw new Error('no');
};

test('a batch reports the messages that failed, and only those', async () => {
  const handled: string[] = [];
  const { handler, deadLettered } = consuming(async (of, id) => {
    await refuseBad(of, id);
    handled.push(of.dataset_id);
  });
  expect(await failures(handler(batchOf([message('1'), message('bad'), message('2')])))).toEqual(['message-1']);
  expect([handled, deadLettered]).toEqual([['1', '2'], []]);
});

test('a message that does not match the schema is dead-lettered at once, with the reason, and the others pass', async () => {
  const { handler, deadLettered } = consuming(refuseBad);
  expect(await failures(handler(batchOf([message('1'), '{', { account_id: 'a' }])))).toEqual([]);
  expect(deadLettered.map(({ body }) => body)).toEqual(['{', '{"account_id":"a"}']);
  expect(deadLettered[0]!.reason).toContain('JSON');
  expect(deadLettered[1]!.reason).toContain('dataset_id');
});

test('a message that fails on its last delivery is dead-lettered with the reason', async () => {
  const { handler, deadLettered } = consuming(refuseBad);
  const batch = [message('bad'), message('good')];
  expect(await failures(handler(batchOf(batch, 2)))).toEqual(['message-0']);
  expect(await failures(handler(batchOf(batch, 3)))).toEqual([]);
  expect(deadLettered).toEqual([{ body: JSON.stringify(message('bad')), reason: 'Error: no' }]);
});

test('a message that cannot be dead-lettered is left to the queue', async () => {
  const { handler } = consuming(refuseBad, () => Promise.reject(new Error('throttled')));
  expect(await failures(handler(batchOf([message('bad'), '{'], 3)))).toEqual(['message-0', 'message-1']);
});
