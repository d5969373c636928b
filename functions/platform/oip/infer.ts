import { z } from 'zod';
import { NotFoundError, ValidationError } from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import type { Model } from '#domain/models/record.ts';
import { route } from '#functions/http/route.ts';
import { kindNamed } from '#learning/kinds.ts';
import { expectVariant } from '#learning/serving/variant.ts';
import { takesText } from '#learning/text/description.ts';
import { predictionId } from '../monitoring/fields.ts';
import { type Logged, logPredictions } from '../monitoring/log-prediction.ts';
import { forEachPath, modelOf } from './paths.ts';
import {
  HEADER_LENGTH,
  type InferenceRequest,
  inferenceBody,
  inferenceHeaders,
  readRequest,
  VARIANT_FIELD,
  variantOf,
} from './request.ts';
import { aboutTensors, rowsOf } from './rows.ts';
import type { InferenceServices } from './services.ts';
import { filled, type OutputTensor, outputsOf } from './tensors.ts';

const answer = z
  .strictObject({
    model_name: z.string().meta({ description: 'As in the path', example: 'penguins' }),
    model_version: z.string().meta({ example: '1.0.0' }),
    id: z.string().optional().meta({ description: "The request's, if it had one" }),
    parameters: z
      .strictObject({ prediction_id: predictionId, logged_rows: z.int() })
      .optional()
      .meta({ description: 'Where predictions of the model are logged' }),
    outputs: z.array(
      z.strictObject({
        name: z.string().meta({ example: 'label' }),
        datatype: z.string().meta({ example: 'BYTES' }),
        shape: z.array(z.int()).meta({ example: [1] }),
        data: z
          .array(z.union([z.string(), z.number(), z.boolean()]))
          .optional()
          .meta({ example: ['Adelie'] }),
        parameters: z.strictObject({ binary_data_size: z.int() }).optional(),
      }),
    ),
  })
  .meta({ id: 'InferenceResponse' });

export const inferRoutes = forEachPath(({ base, schema }) =>
  route({
    method: 'POST',
    path: `${base}/infer`,
    summary: 'Make predictions in the Open Inference Protocol',
    description:
      'The tensors of the ONNX file, with up to 10,000 rows: one for each feature, for a model of images `image`, and for a model of series one window for each feature. With the header ' +
      '`Inference-Header-Content-Length` the body is JSON followed by the bytes of its tensors (binary tensor data).',
    tags: ['Open Inference Protocol'],
    authentication: 'account',
    scope: 'read',
    cost: 'request',
    request: { path: schema, headers: inferenceHeaders, body: inferenceBody },
    responses: {
      200: {
        description: 'The outputs of the model. Those that were asked for as bytes come after the JSON',
        schema: answer,
        orContent: 'application/octet-stream',
        headers: { 'Inference-Header-Content-Length': 'The length of the JSON, where bytes follow it' },
      },
    },
    errors: [409],
    resource: modelOf,
    async handler({ resource: model, ...input }, services: InferenceServices) {
      try {
        return await answered(input, model, services);
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
        // It was deleted before it was loaded. Its alias, or its name, may be another version's by now.
        const now = await modelOf(input, services);
        if (now.id === model.id) throw error;
        return answered(input, now, services);
      }
    },
  }),
);

interface Asked {
  readonly path: { readonly name: string };
  readonly headers: z.output<typeof inferenceHeaders>;
  readonly body: Uint8Array;
}

async function answered({ path, headers, body }: Asked, model: Model, services: InferenceServices) {
  const { predictor, settings } = services;
  const { request, rest } = readRequest(body, headers[HEADER_LENGTH], settings);
  const variant = variantOf(request);
  expectVariant(model, variant, VARIANT_FIELD);
  const serving = await predictor.describe(model);
  const of = kindNamed(serving.kind).tensorInputs(serving);
  const wanted = chosen(outputsOf(serving), request);
  const rows = rowsOf(of, request.inputs, rest, takesText(model) ? LIMITS.predictTexts : LIMITS.predictRows);
  const probabilities = wanted.some(({ name }) => name === 'probabilities');
  const predict = async () => predictor.predict(model, rows, { probabilities, variant });
  const predictions = await predict().catch((error: unknown) => {
    throw aboutTensors(error, of);
  });
  const tensors = wanted.map((output) => ({ ...filled(output, predictions), binary: isBinary(request, output) }));
  const logged = model.prediction_log ? await logPredictions(services, model, rows, predictions) : undefined;
  return { status: 200, ...response({ name: path.name, model, request, logged }, tensors) } as const;
}

/** The outputs that the request asks for, in its order; by default all. Throws `ValidationError`. */
function chosen<O extends { readonly name: string }>(outputs: readonly O[], { outputs: asked }: InferenceRequest): O[] {
  if (asked === undefined || asked.length === 0) return [...outputs];
  return asked.map(({ name, parameters = {} }, index) => {
    const found = outputs.find((output) => output.name === name);
    if (found && parameters.classification === undefined) return found;
    if (found) {
      const message = 'is not supported; ask for the outputs label and probabilities';
      throw ValidationError.of(`outputs[${index}].parameters.classification`, message);
    }
    const known = outputs.map((output) => output.name).join(' or ');
    throw ValidationError.of(`outputs[${index}].name`, `must be ${known}; got ${JSON.stringify(name)}`);
  });
}

function isBinary({ outputs = [], parameters = {} }: InferenceRequest, { name }: { readonly name: string }): boolean {
  const own = outputs.find((output) => output.name === name)?.parameters?.binary_data;
  return (own ?? parameters.binary_data_output) === true;
}

interface Answered {
  readonly name: string;
  readonly model: Model;
  readonly request: InferenceRequest;
  readonly logged: Logged | undefined;
}

function response(
  { name, model: { version }, request: { id }, logged }: Answered,
  tensors: readonly (OutputTensor & { readonly binary: boolean })[],
) {
  const parts: Uint8Array[] = [];
  const outputs = tensors.map(({ name: output, datatype, shape, data, bytes, binary }) => {
    if (!binary) return { name: output, datatype, shape, data: [...data] };
    const part = bytes();
    parts.push(part);
    return { name: output, datatype, shape, parameters: { binary_data_size: part.length } };
  });
  const body = {
    model_name: name,
    model_version: version,
    ...(id === undefined ? {} : { id }),
    ...(logged === undefined ? {} : { parameters: { ...logged } }),
    outputs,
  };
  if (parts.length === 0) return { body };
  const json = Buffer.from(JSON.stringify(body), 'utf8');
  const headers = { 'Inference-Header-Content-Length': String(json.length) };
  return { headers, body: new Uint8Array(Buffer.concat([json, ...parts])) };
}
