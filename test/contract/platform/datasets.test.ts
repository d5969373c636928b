import { beforeAll, describe } from '@jest/globals';
import { useHost } from '#test/e2e/use-host.ts';
import { runExamples } from '../examples.ts';
import { integer, is, oneOf, text, time, uuid } from '../shape.ts';
import { ADDITIONS } from './additions.ts';
import { penguins, uploadForm, useUser } from './user.ts';

const world = useHost();
const scene = useUser(world);
const fields = { name: 'Palmer penguins', description: 'Three species', dataset_type: 'classification' };

const dataset = {
  id: uuid,
  name: is(fields.name),
  description: is(fields.description),
  dataset_type: is(fields.dataset_type),
  file_size: is(penguins().length),
  uploaded_at: time,
  ...ADDITIONS.dataset,
};
/** The least fields that the document's form allows. */
const LEAST = { name: 'Penguins', dataset_type: 'regression' };
let id: string;

describe('the document’s datasets', () => {
  describe('when a file is uploaded', () => {
    runExamples(
      () => world.base,
      [
        {
          name: 'POST /datasets/upload without a description',
          call: () => ({
            method: 'POST',
            path: '/datasets/upload',
            token: scene.token,
            body: uploadForm(penguins(), LEAST),
          }),
          status: 201,
          body: {
            ...dataset,
            name: is(LEAST.name),
            description: text,
            dataset_type: is('regression'),
            status: is('processing'),
          },
        },
        {
          name: 'POST /datasets/upload',
          call: () => ({
            method: 'POST',
            path: '/datasets/upload',
            token: scene.token,
            body: uploadForm(penguins(), fields),
          }),
          status: 201,
          body: { ...dataset, status: is('processing') },
          after: (body: { id: string }) => {
            id = body.id;
          },
        },
      ],
    );
  });

  describe('when it is processed', () => {
    beforeAll(() => scene.user.processed(id));

    runExamples(
      () => world.base,
      [
        {
          name: 'GET /datasets',
          call: () => ({ method: 'GET', path: '/datasets', token: scene.token }),
          status: 200,
          body: {
            total: is(2),
            page: is(1),
            limit: is(10),
            ...ADDITIONS.list,
            datasets: [
              {
                ...dataset,
                name: oneOf(fields.name, LEAST.name),
                description: text,
                dataset_type: oneOf('classification', 'regression'),
                status: oneOf('processing', 'ready'),
              },
            ],
          },
        },
        ...['name', 'created_at', 'size'].flatMap((sort) =>
          ['asc', 'desc'].map((order) => ({
            name: `GET /datasets with every parameter, sort_by ${sort} and order ${order}`,
            call: () => ({
              method: 'GET' as const,
              path: `/datasets?page=2&limit=1&sort_by=${sort}&order=${order}`,
              token: scene.token,
            }),
            status: 200,
            body: {
              total: is(2),
              page: is(2),
              limit: is(1),
              ...ADDITIONS.list,
              datasets: [
                {
                  ...dataset,
                  name: sort === 'size' ? text : is((order === 'asc') === (sort === 'name') ? LEAST.name : fields.name),
                  description: text,
                  dataset_type: text,
                  status: oneOf('processing', 'ready'),
                },
              ] as const,
            },
          })),
        ),
        {
          name: 'GET /datasets/{dataset_id}',
          call: () => ({ method: 'GET', path: `/datasets/${id}`, token: scene.token }),
          status: 200,
          body: {
            ...dataset,
            status: is('ready'),
            ...ADDITIONS.datasetDetail,
            metadata: { rows: integer, columns: integer, features: [text], target: text, ...ADDITIONS.metadata },
          },
        },
        {
          name: 'DELETE /datasets/{dataset_id}',
          call: () => ({ method: 'DELETE', path: `/datasets/${id}`, token: scene.token }),
          status: 204,
        },
      ],
    );
  });
});
