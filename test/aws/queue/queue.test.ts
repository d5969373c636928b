import { createHash } from 'node:crypto';
import { afterEach, expect, test } from '@jest/globals';
import { SqsQueue } from '#aws/queue/queue.ts';
import { InternalError, UnavailableError } from '#domain/errors.ts';
import { type Answer, fault, type Service, startService } from '../service.ts';

let service: Service;
afterEach(() => service.close());

async function open(...answers: Answer[]): Promise<SqsQueue> {
  service = await startService(answers);
  return new SqsQueue({ client: service.clients.sqs, url: 'http://127.0.0.1/000000000000/training' });
}

const taken = (body: string): Answer => ({
  status: 200,
  body: { MessageId: 'id', MD5OfMessageBody: createHash('md5').update(body).digest('hex') },
});

test('a send that was throttled or cut off is retried until it succeeds', async () => {
  const queue = await open(fault(400, 'ThrottlingException'), 'cut', taken('hello'));
  await queue.send('hello');
  expect(service.requests.map(({ operation }) => operation)).toEqual(Array(3).fill('AmazonSQS.SendMessage'));
});

test('a send that always fails is unavailable, after all attempts of the client', async () => {
  const queue = await open(fault(503, 'ServiceUnavailable'));
  await expect(queue.send('hello')).rejects.toThrow(UnavailableError);
  expect(service.requests).toHaveLength(3);
});

test('a send whose checksum differs is not a success', async () => {
  const queue = await open(taken('another'));
  await expect(queue.send('hello')).rejects.toThrow(UnavailableError);
});

test('a queue that does not exist, or is not ours, is an error at once', async () => {
  const queue = await open(fault(400, 'QueueDoesNotExist'), fault(403, 'AccessDeniedException'));
  await expect(queue.send('hello')).rejects.toThrow(InternalError);
  await expect(queue.receive()).rejects.toThrow('SQS: said AccessDeniedException');
  expect(service.requests).toHaveLength(2);
});

test('a message’s group tells a fair queue whose message it is', async () => {
  const queue = await open(taken('hello'), taken('hello'));
  await queue.send('hello', { group: 'account-1' });
  await queue.send('hello');
  expect(service.requests.map(({ input }) => input.MessageGroupId)).toEqual(['account-1', undefined]);
});

test('a stale receipt is not an error', async () => {
  const queue = await open(fault(400, 'ReceiptHandleIsInvalid'), fault(400, 'MessageNotInflight'));
  await queue.acknowledge('stale');
  await queue.release('stale', 0);
  expect(service.requests).toHaveLength(2);
});

test('messages say how often they were received and when they were sent', async () => {
  const queue = await open({
    status: 200,
    body: {
      Messages: [
        {
          MessageId: 'm',
          Body: 'hello',
          MD5OfBody: createHash('md5').update('hello').digest('hex'),
          ReceiptHandle: 'r',
          Attributes: { ApproximateReceiveCount: '3', SentTimestamp: '1800000000000', MessageGroupId: 'g' },
        },
      ],
    },
  });
  expect(await queue.receive({ max: 5, visibilitySeconds: 90 })).toEqual([
    { id: 'm', body: 'hello', receives: 3, sentAt: 1_800_000_000_000, receipt: 'r', group: 'g' },
  ]);
  expect(service.requests[0]!.input).toMatchObject({
    MaxNumberOfMessages: 5,
    VisibilityTimeout: 90,
    WaitTimeSeconds: 0,
    MessageSystemAttributeNames: expect.arrayContaining(['MessageGroupId']),
  });
});
