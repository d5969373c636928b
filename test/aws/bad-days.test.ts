/**
 * Requests that AWS refuses, cuts off or does not answer are retried, and a lasting failure is reported, never
 * swallowed.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { S3Blobs } from '#aws/blobs/blobs.ts';
import { type Clients, makeClients } from '#aws/clients.ts';
import { AwsCompute } from '#aws/compute/compute.ts';
import { DynamoTable } from '#aws/table/table.ts';
import { UnavailableError } from '#domain/errors.ts';
import { TransactionFailedError } from '#domain/ports/errors.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { type Answer, fault, type Service, startService } from './service.ts';

let close: (() => Promise<unknown>) | undefined;
afterEach(async () => {
  await close?.();
  close = undefined;
});

async function opened(...answers: Answer[]): Promise<Service> {
  const service = await startService(answers);
  close = () => service.close();
  return service;
}

const key = { pk: 'a', sk: 'a' };
const done: Answer = { status: 200, body: {} };

describe('a table', () => {
  const open = async (...answers: Answer[]) => {
    const { clients, requests } = await opened(...answers);
    const waits: number[] = [];
    let now = 0;
    // Time passes while a retry waits.
    const sleep = async (milliseconds: number) => {
      waits.push(milliseconds);
      now += 5000;
    };
    return {
      table: new DynamoTable({ client: clients.dynamodb, tableName: 't', now: () => now, sleep }),
      requests,
      waits,
    };
  };
  const cancelled = (...codes: string[]): Answer => ({
    status: 400,
    errorType: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
    body: { message: 'cancelled', CancellationReasons: codes.map((Code) => ({ Code, Message: `said ${Code}` })) },
  });
  const two = [
    { kind: 'put', item: { ...key, n: 1 } },
    { kind: 'delete', key: { pk: 'b', sk: 'b' } },
  ] as const;

  test.each([
    'ProvisionedThroughputExceededException',
    'ThrottlingException',
    'RequestLimitExceeded',
    'InternalServerError',
  ])('that answers %s is asked again', async (name) => {
    const { table, requests } = await open(fault(name === 'InternalServerError' ? 500 : 400, name), 'cut', done);
    expect(await table.get(key)).toBeUndefined();
    expect(requests).toHaveLength(3);
  });

  test.each(['ThrottlingError', 'ProvisionedThroughputExceeded', 'TransactionConflict'])(
    'that cancels a transaction for %s of one item gets the whole transaction again',
    async (code) => {
      const { table, requests, waits } = await open(cancelled('None', code), cancelled(code, 'None'), done);
      await table.transact(two);
      expect([requests.length, waits.length]).toEqual([3, 2]);
      expect(requests[2]!.input).toEqual(requests[0]!.input);
    },
  );

  test('that is still working on a transaction gets the very same request again, and reports its result', async () => {
    const { table, requests } = await open(fault(400, 'TransactionInProgressException'), done);
    await table.transact([{ kind: 'put', item: { ...key, n: 1 }, condition: { kind: 'absent' } }]);
    expect(requests).toHaveLength(2);
    expect(requests[0]!.input.ClientRequestToken).toEqual(expect.any(String));
    expect(requests[1]!.input).toEqual(requests[0]!.input);
    await table.transact([{ kind: 'put', item: { ...key, n: 2 } }]);
    expect(requests[2]!.input.ClientRequestToken).not.toBe(requests[0]!.input.ClientRequestToken);
  });

  test('that always throttles a transaction is unavailable, after ten attempts', async () => {
    const { table, requests } = await open(cancelled('ThrottlingError', 'None'));
    await expect(table.transact(two)).rejects.toThrow(UnavailableError);
    expect(requests).toHaveLength(10);
  });

  test('that also cancels for a condition says which, and is not retried', async () => {
    const { table, requests } = await open(cancelled('ConditionalCheckFailed', 'ThrottlingError'));
    const failure = await table.transact(two).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TransactionFailedError);
    expect((failure as TransactionFailedError).failed).toEqual([0]);
    expect(requests).toHaveLength(1);
  });
});

/** A server with scripted responses, and clients that wait for a response for `patience` milliseconds. */
async function serving(answer: (attempt: number) => { status: number; body?: string } | 'silence', patience = 1000) {
  let attempts = 0;
  const server: Server = createServer((request, response) => {
    attempts += 1;
    const given = answer(attempts);
    request.resume();
    if (given !== 'silence') response.writeHead(given.status).end(given.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const clients: Clients = makeClients({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    maxAttempts: 2,
    requestTimeout: patience,
  });
  close = async () => {
    clients.destroy();
    server.closeAllConnections();
    server.close();
  };
  return { clients, attempts: () => attempts };
}

describe('a bucket', () => {
  const slow = { status: 503, body: '<Error><Code>SlowDown</Code><Message>slow</Message></Error>' };

  test('that asks to slow down is retried', async () => {
    const { clients, attempts } = await serving((attempt) => (attempt === 1 ? slow : { status: 204 }));
    await new S3Blobs({ client: clients.s3, bucket: 'b', now: () => 0 }).delete('a');
    expect(attempts()).toBe(2);
  });

  test('that asks for nothing else is unavailable', async () => {
    const { clients } = await serving(() => slow);
    const blobs = new S3Blobs({ client: clients.s3, bucket: 'b', now: () => 0 });
    await expect(blobs.put('a', new Uint8Array(3))).rejects.toThrow(UnavailableError);
  });
});

test('a service that accepts a request and never responds is unavailable, after all attempts of the client', async () => {
  const { clients, attempts } = await serving(() => 'silence', 500);
  const table = new DynamoTable({ client: clients.dynamodb, tableName: 't', now: () => 0 });
  await expect(table.get(key)).rejects.toThrow(UnavailableError);
  expect(attempts()).toBe(2);
});

test('a task whose training function cannot be invoked can be submitted again', async () => {
  const { clients, attempts } = await serving(() => ({ status: 429, body: '{"message":"Rate exceeded"}' }));
  const items = new Map<string, object>();
  const table = {
    put: async (item: { pk: string }) => void items.set(item.pk, item),
    update: () => Promise.reject(new Error('it was said to be invoked')),
  } satisfies Partial<Record<keyof Table, unknown>>;
  const compute = new AwsCompute({
    ...clients,
    table: Object.assign(Object.create(null), table),
    now: () => 0,
    containers: {},
    trainingFunction: 'train',
  });
  const task = { id: 't-1', accountId: 'a', jobId: 't', attempt: 1, timeoutSeconds: 60, target: 'function' } as const;
  await expect(compute.submit(task)).rejects.toThrow(UnavailableError);
  expect([attempts(), items.size]).toEqual([2, 1]);
});
