import { afterEach, expect, test } from '@jest/globals';
import { EventBridgeEvents } from '#aws/events/events.ts';
import { InternalError, UnavailableError } from '#domain/errors.ts';
import { type Answer, fault, type Service, startService } from '../service.ts';

let service: Service;
afterEach(() => service.close());

async function open(...answers: Answer[]) {
  service = await startService(answers);
  const waits: number[] = [];
  const events = new EventBridgeEvents({
    client: service.clients.eventbridge,
    bus: 'bus',
    now: () => 1_800_000_000_000,
    sleep: async (milliseconds) => void waits.push(milliseconds),
  });
  return { events, waits };
}

const event = (n: number) => ({ type: 'dataset.processed', account: 'account-1', detail: { n } });
const results = (...codes: (string | undefined)[]): Answer => ({
  status: 200,
  body: {
    FailedEntryCount: codes.filter((code) => code !== undefined).length,
    Entries: codes.map((code) => (code === undefined ? { EventId: 'id' } : { ErrorCode: code, ErrorMessage: 'busy' })),
  },
});
const sent = () =>
  service.requests.map(({ input }) =>
    (input.Entries as { Detail: string }[]).map(({ Detail }) => (JSON.parse(Detail) as { n: number }).n),
  );

test('an event goes to the bus with its type, its time, and its account in the detail', async () => {
  const { events } = await open(results(undefined));
  await events.publish(event(1));
  expect(service.requests).toMatchObject([
    {
      operation: 'AWSEvents.PutEvents',
      input: {
        Entries: [
          {
            EventBusName: 'bus',
            Source: 'trainyard',
            DetailType: 'dataset.processed',
            Detail: JSON.stringify({ n: 1, account_id: 'account-1' }),
            Time: 1_800_000_000,
          },
        ],
      },
    },
  ]);
});

test('after a request that succeeded in part, only the failed entries are sent again', async () => {
  const { events, waits } = await open(
    results(undefined, 'ThrottlingException', undefined, 'InternalFailure'),
    results('ThrottlingException', undefined),
    results(undefined),
  );
  await events.publish(event(1), event(2), event(3), event(4));
  expect(sent()).toEqual([[1, 2, 3, 4], [2, 4], [2]]);
  expect(waits).toHaveLength(2);
});

test('an entry that always fails is an error, after five attempts', async () => {
  const { events } = await open(results(undefined, 'ThrottlingException'), results('ThrottlingException'));
  const failure = events.publish(event(1), event(2));
  await expect(failure).rejects.toThrow(UnavailableError);
  await expect(failure).rejects.toThrow('EventBridge did not take 1 of 2 events: ThrottlingException: busy');
  expect(sent()).toEqual([[1, 2], [2], [2], [2], [2]]);
});

test('an entry that can never be accepted is an error at once', async () => {
  const { events } = await open(results(undefined, 'MalformedDetail'));
  await expect(events.publish(event(1), event(2))).rejects.toThrow(InternalError);
  expect(service.requests).toHaveLength(1);
});

test('a response for another number of events is not a success', async () => {
  const { events } = await open(results(undefined));
  await expect(events.publish(event(1), event(2))).rejects.toThrow('answered for 1 of 2 events');
});

test('a request that fails temporarily is retried by the client', async () => {
  const { events } = await open(fault(500, 'InternalException'), 'cut', results(undefined));
  await events.publish(event(1));
  expect(sent()).toEqual([[1], [1], [1]]);
});

test('publishing nothing sends nothing', async () => {
  const { events } = await open(results());
  await events.publish();
  expect(service.requests).toEqual([]);
});
