/**
 * What the requests that are made most often ask of AWS: each call is time for the caller, and money. On DynamoDB Local;
 * each call of the other two ports is one of AWS.
 */
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { tableDefinition } from '#aws/table/definition.ts';
import { DynamoTable } from '#aws/table/table.ts';
import type { HttpHandler } from '#functions/http/contract.ts';
import { makeHandler as makeApi } from '#functions/platform/api.ts';
import { makeHandler as makePredict } from '#functions/platform/predict.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { replacing, silent } from '../functions/events/world.ts';
import { type Call, openPlatform, type Platform } from '../functions/platform/harness.ts';
import { penguins } from '../functions/platform/penguins.ts';
import { startDynamoDbLocal } from './table/dynamodb-local.ts';

const local = await startDynamoDbLocal();

/** One for each request, in the order in which they were made. */
const calls: string[] = [];

async function openTable(now: () => number): Promise<DynamoTable> {
  const { client } = local as Exclude<typeof local, string>;
  const connection = client();
  await connection.send(new CreateTableCommand(tableDefinition('calls')));
  connection.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        calls.push(String(commandName).replace('Command', ''));
        return next(args);
      },
    { step: 'initialize' },
  );
  return new DynamoTable({ client: connection, tableName: 'calls', now });
}

if (typeof local === 'string') {
  // `table/table.test.ts` says so, and fails where CI requires it.
  test.skip(local, () => {});
} else {
  let platform: Platform;
  let token: string;
  let modelId: string;
  let jobId: string;
  let api: HttpHandler;
  let predict: HttpHandler;

  beforeAll(async () => {
    const now = { of: (): number => Date.now() };
    const table = await openTable(() => now.of());
    const plain = await openPlatform({}, (adapters) => ({ ...adapters, table }));
    now.of = () => plain.clock.now;
    platform = { ...plain, store: { ...plain.store, table } };
    token = await platform.login();
    const model = await penguins(platform, token);
    [modelId, jobId] = [model.id, model.job_id!];

    const { store, settings } = platform;
    const artifacts = replacing(store.blobs.artifacts, {
      get: (...args) => {
        calls.push('GetObject');
        return store.blobs.artifacts.get(...args);
      },
    });
    const keys = replacing(store.keys, {
      publicKeys: () => {
        calls.push('GetPublicKey');
        return store.keys.publicKeys();
      },
    });
    const adapters = { ...store, keys, blobs: { ...store.blobs, artifacts } };
    const options = { settings, logger: silent };
    api = makeApi(permitted('platform-api', adapters), options);
    predict = makePredict(permitted('platform-predict', adapters), options);
  });
  afterAll(async () => {
    await platform.close();
    await local.stop();
  });

  const made = async (call: Call, handler: HttpHandler): Promise<string[]> => {
    calls.length = 0;
    expect((await platform.call({ token, ...call }, handler)).status).toBe(200);
    return calls.toSorted();
  };
  const prediction = (): Call => ({
    method: 'POST',
    path: `/models/${modelId}/predict`,
    json: { input: ['Biscoe', 46.1, 13.2, 211, 4500, 'female', 2007] },
  });

  /** The session is read and the request counted at once: one round trip. */
  const ADMITTED = ['GetItem', 'UpdateItem'];
  const admittedAnd = (...more: readonly string[]) => [...ADMITTED, ...more].sort();

  test('a prediction reads the model’s record, and a new machine its files and the keys of tokens', async () => {
    const first = admittedAnd('GetItem', 'GetObject', 'GetObject', 'GetPublicKey');
    expect(await made(prediction(), predict)).toEqual(first);
    expect(await made(prediction(), predict)).toEqual(admittedAnd('GetItem'));
  });

  test.each([
    ['the status of a training reads the job', () => `/training/status/${jobId}`, ['GetItem']],
    ['a page of models reads their number, their places and them', () => '/models', ['Query', 'Query', 'BatchGetItem']],
    ['a model reads its record and its features', () => `/models/${modelId}`, ['GetItem', 'GetObject']],
  ])('%s', async (_, path, asked) => {
    await made({ path: path() }, api);
    expect(await made({ path: path() }, api)).toEqual(admittedAnd(...asked));
  });
}
