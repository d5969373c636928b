/** Each example of the document of `/api/v1/models`. */
import { beforeAll, describe, expect } from '@jest/globals';
import { table, useUser } from '#test/contract/platform/user.ts';
import { useHost } from '#test/e2e/use-host.ts';
import { runExamples } from '../examples.ts';
import { fraction, integer, is, number, time, words } from '../shape.ts';

const world = useHost();
const scene = useUser(world);

const model = {
  id: is(1),
  algorithm: is('mlp'),
  name: words,
  version: is('1.0.0'),
  metrics: { train_loss: number, val_loss: number, test_accuracy: fraction },
  created_at: time,
  file_size: integer,
};
const call = (method: 'GET' | 'DELETE', path: string) => () => ({ method, path, token: scene.token });
const error = (code: string) => ({ code: is(code), message: words });

describe('the document of the models API', () => {
  beforeAll(async () => {
    const { id } = await scene.user.upload(table(200));
    const job = await scene.user.train(id, { epochs: 2 }, { test_split: 0.1 });
    await scene.user.jobIs(job, ({ status }) => status === 'completed' || status === 'failed');
    expect((await scene.user.status(job)).status).toBe('completed');
  });

  runExamples(
    () => world.base,
    [
      {
        name: 'List Models',
        call: call('GET', '/api/v1/models?page=1&page_size=20&algorithm=mlp'),
        status: 200,
        body: { items: [model], meta: { page: is(1), page_size: is(20), total: is(1), total_pages: is(1) } },
      },
      { name: 'Get Model Details', call: call('GET', '/api/v1/models/1'), status: 200, body: model },
      {
        name: 'Download Model',
        call: call('GET', '/api/v1/models/1/download'),
        status: 200,
        headers: {
          'content-type': /^application\/octet-stream$/,
          'content-disposition': /^attachment; filename="model_1_mlp\.pth"$/,
        },
      },
      {
        name: 'RESOURCE_NOT_FOUND',
        call: call('GET', '/api/v1/models/2'),
        status: 404,
        body: error('RESOURCE_NOT_FOUND'),
      },
      { name: 'Delete Model', call: call('DELETE', '/api/v1/models/1'), status: 204 },
    ],
  );
});
