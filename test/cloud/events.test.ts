import { CreateEventBusCommand, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreateQueueCommand, GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EventBridgeEvents } from '#aws/events/events.ts';
import { SqsQueue } from '#aws/queue/queue.ts';
import { MessageTooLargeError } from '#domain/ports/errors.ts';
import { accountOf } from '#domain/ports/events/envelope.ts';
import { type MiniStack, startMiniStack } from './ministack.ts';

interface Received {
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** There is no conformance suite for this port: events arrive by rules, which differ between the hosts. */
describe('Events on EventBridge of MiniStack', () => {
  let stack: MiniStack;
  let events: EventBridgeEvents;
  let target: SqsQueue;
  beforeAll(async () => {
    stack = await startMiniStack();
    const { eventbridge, sqs } = stack.clients();
    await eventbridge.send(new CreateEventBusCommand({ Name: 'trainyard' }));
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'target' }));
    const attributes = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] });
    const Arn = (await sqs.send(attributes)).Attributes?.QueueArn;
    const EventPattern = JSON.stringify({ source: ['trainyard'], 'detail-type': ['dataset.processed'] });
    await eventbridge.send(new PutRuleCommand({ Name: 'rule', EventBusName: 'trainyard', EventPattern }));
    await eventbridge.send(
      new PutTargetsCommand({ Rule: 'rule', EventBusName: 'trainyard', Targets: [{ Id: 'queue', Arn }] }),
    );
    events = new EventBridgeEvents({ client: eventbridge, bus: 'trainyard', now: Date.now });
    target = new SqsQueue({ client: sqs, url: QueueUrl });
  });
  afterAll(() => stack?.stop());

  test('events that match a rule arrive, with the account that they belong to', async () => {
    const event = (n: number) => ({ type: 'dataset.processed', account: 'account-1', detail: { n, name: 'é 🚂' } });
    await events.publish({ ...event(0), type: 'training.started' }, ...[1, 2, 3].map(event));
    const received: Received[] = [];
    while (received.length < 3) {
      for (const { body, receipt } of await target.receive()) {
        received.push(JSON.parse(body) as Received);
        await target.acknowledge(receipt);
      }
    }
    expect(received.map(({ detail }) => detail.n).sort()).toEqual([1, 2, 3]);
    expect(received.map(accountOf)).toEqual(['account-1', 'account-1', 'account-1']);
    expect(received[0]).toMatchObject({ source: 'trainyard', 'detail-type': 'dataset.processed' });
    expect(received[0]!.detail.name).toBe('é 🚂');
    expect(await target.receive()).toEqual([]);
  });

  test('events over the limits are refused, all of them', async () => {
    const event = { type: 'dataset.processed', account: 'account-1', detail: {} };
    await expect(events.publish(...Array.from({ length: 11 }, () => event))).rejects.toThrow('at most 10 events');
    const large = { ...event, detail: { text: 'x'.repeat(140_000) } };
    await expect(events.publish(large, large)).rejects.toThrow(MessageTooLargeError);
    expect(await target.receive()).toEqual([]);
  });
});
