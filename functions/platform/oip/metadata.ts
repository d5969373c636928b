import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { listVersions } from '#domain/models/names.ts';
import type { Model } from '#domain/models/record.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { route } from '#functions/http/route.ts';
import { kindNamed } from '#learning/kinds.ts';
import { forEachPath, modelOf } from './paths.ts';
import type { InferenceServices } from './services.ts';
import { outputsOf } from './tensors.ts';

const tensor = z.strictObject({
  name: z.string().meta({ example: 'bill_length_mm' }),
  datatype: z.string().meta({ example: 'FP64' }),
  shape: z.array(z.int()).meta({ description: '-1: as many as there are rows', example: [-1, 1] }),
});

const output = tensor.extend({
  labels: z
    .array(z.string())
    .optional()
    .meta({ description: 'Of `probabilities` and `labels`: the classes, in their order' }),
});

const answer = z
  .strictObject({
    name: z.string().meta({ description: 'As in the path', example: 'penguins' }),
    versions: z.array(z.string()).meta({ description: 'The newest hundred of the name', example: ['1.0.0'] }),
    platform: z.string(),
    inputs: z.array(tensor),
    outputs: z.array(output),
  })
  .meta({ id: 'InferenceModel' });

const PLATFORM = 'onnxruntime_onnx';

export const metadataRoutes = forEachPath(({ base, schema }) =>
  route({
    method: 'GET',
    path: base,
    summary: "Get a model's inputs and outputs, in the Open Inference Protocol",
    tags: ['Open Inference Protocol'],
    authentication: 'account',
    scope: 'read',
    cost: 'request',
    request: { path: schema },
    responses: { 200: { description: 'The model', schema: answer } },
    errors: [409],
    resource: modelOf,
    async handler({ resource: model, path }, { predictor, adapters }: InferenceServices) {
      const serving = await predictor.describe(model);
      const outputs = outputsOf(serving).map(({ name, datatype, shape }) => ({
        ...{ name, datatype, shape },
        ...(name === 'probabilities' || name === 'labels' ? { labels: [...serving.classes] } : {}),
      }));
      const versions = path.name === model.name ? await versionsOf(adapters.table, model) : [model.version];
      return {
        status: 200,
        body: {
          name: path.name,
          versions,
          platform: PLATFORM,
          inputs: kindNamed(serving.kind).tensorInputs(serving).tensors,
          outputs,
        },
      };
    },
  }),
);

/** By its id or number, a model has one version. */
async function versionsOf(table: Table, { account_id, name }: Model): Promise<string[]> {
  const { versions } = await listVersions(table, account_id, name, { limit: LIMITS.pageSize });
  return versions.map(({ version }) => version);
}

export const modelReadyRoutes = forEachPath(({ base, schema }) =>
  route({
    method: 'GET',
    path: `${base}/ready`,
    summary: 'Check that a model can be called, in the Open Inference Protocol',
    tags: ['Open Inference Protocol'],
    authentication: 'account',
    scope: 'read',
    cost: 'request',
    request: { path: schema },
    responses: {
      200: {
        description: 'It can',
        schema: z.strictObject({ name: z.string(), ready: z.literal(true) }),
        example: { name: 'penguins', ready: true },
      },
    },
    resource: modelOf,
    async handler({ resource: model, path }, { predictor }: InferenceServices) {
      await predictor.describe(model);
      return { status: 200, body: { name: path.name, ready: true } };
    },
  }),
);
