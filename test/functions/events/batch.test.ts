import { expect, test } from '@jest/globals';
import { datasetMessage } from '#domain/messages.ts';
import { consumer } from '#functions/events/batch.ts';
import { batchOf } from './sqs.ts';
import { silent } from './world.ts';

test('a batch reports the messages that failed, and only those', async () => {
  const handled: string[] = [];
  const handle = consumer(datasetMessage, silent, async ({ dataset_id }) => {
    if (dataset_id === 'bad') throw new Error('no');
    handled.push(dataset_id);
  });
  const message = (dataset_id: string) => ({ account_id: 'a', dataset_id });
  const answer = await handle(batchOf([message('1'), message('bad'), '{', { account_id: 'a' }, message('2')]));
  expect(answer.batchItemFailures.map((one) => one.itemIdentifier)).toEqual(['message-1', 'message-2', 'message-3']);
  expect(handled).toEqual(['1', '2']);
});

test('a handler learns whether the message came before', async () => {
  const seen: boolean[] = [];
  const handle = consumer(datasetMessage, silent, async (_, { redelivered }) => void seen.push(redelivered));
  await handle(batchOf([{ account_id: 'a', dataset_id: 'd' }], 1));
  await handle(batchOf([{ account_id: 'a', dataset_id: 'd' }], 2));
  expect(seen).toEqual([false, true]);
});
