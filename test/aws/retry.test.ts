import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from '@jest/globals';
import { retryConflicts } from '#aws/retry.ts';
import { DynamoTable } from '#aws/table/table.ts';
import { InternalError, UnavailableError } from '#domain/errors.ts';
import { InvalidItemError } from '#domain/ports/errors.ts';

const named = (name: string, message = 'said DynamoDB') => Object.assign(new Error(message), { name });

/** Fails so often with that error, then succeeds; counts its attempts and records the waits in between. */
function failing(times: number, error: Error) {
  const waits: number[] = [];
  let attempts = 0;
  const run = () =>
    retryConflicts(
      async () => {
        attempts += 1;
        if (attempts <= times) throw error;
        return 'done';
      },
      async (milliseconds) => {
        waits.push(milliseconds);
      },
    );
  return { run, waits, attempts: () => attempts };
}

describe('requests that conflict with another transaction', () => {
  test.each([
    'TransactionConflictException',
    'TransactionConflict',
    'TransactionInProgressException',
    'ThrottlingError',
    'ProvisionedThroughputExceeded',
  ])('are repeated after %s', async (name) => {
    const { run, waits, attempts } = failing(3, named(name));
    expect(await run()).toBe('done');
    expect(attempts()).toBe(4);
    expect(waits.every((wait) => wait >= 0 && wait <= 500)).toBe(true);
  });

  test('fail after ten attempts', async () => {
    const { run, attempts } = failing(100, named('TransactionConflictException'));
    await expect(run()).rejects.toThrow(UnavailableError);
    expect(attempts()).toBe(10);
  });
});

test.each([
  ['ValidationException', InvalidItemError],
  ['ResourceNotFoundException', InternalError],
  ['AccessDeniedException', InternalError],
  ['ProvisionedThroughputExceededException', UnavailableError],
  ['ThrottlingException', UnavailableError],
  ['InternalServerError', UnavailableError],
  ['TimeoutError', UnavailableError],
])('%s becomes an error of ours, at once', async (name, expected) => {
  const { run, attempts } = failing(100, named(name));
  await expect(run()).rejects.toThrow(expected);
  expect(attempts()).toBe(1);
});

test('a table that cannot be reached is unavailable', async () => {
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  const client = new DynamoDBClient({ endpoint: 'http://127.0.0.1:1', region: 'local', credentials, maxAttempts: 1 });
  const table = new DynamoTable({ client, tableName: 'x', now: () => 0 });
  const key = { pk: 'a', sk: 'a' };
  await expect(table.get(key)).rejects.toThrow(UnavailableError);
  await expect(table.update(key, {})).rejects.toThrow(UnavailableError);
  await expect(table.transact([{ kind: 'delete', key }])).rejects.toThrow(UnavailableError);
  await expect(table.query({ partition: 'a', limit: 1 })).rejects.toThrow(UnavailableError);
  client.destroy();
});
