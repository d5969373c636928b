/** An inference request: JSON, and after it the bytes of tensors that are not in the JSON. */
import { z } from 'zod';
import { PayloadTooLargeError, ValidationError } from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import type { Settings } from '#domain/settings.ts';
import type { Body } from '#functions/http/body/body.ts';
import { parseJson } from '#functions/http/body/json.ts';
import { check } from '#functions/http/validation/check.ts';
import { showValue } from '#functions/http/validation/show.ts';
import { VARIANTS, type Variant } from '#learning/serving/description.ts';
import { DATATYPE_NAMES } from './datatypes.ts';

const parameters = z.record(z.string(), z.unknown()).optional();
const tensorName = z
  .string()
  .min(1)
  .max(LIMITS.csv.columnNameCharacters + 10);

/** Clients may send parameters of their own, and fields of extensions: those that are unknown are not looked at. */
const input = z
  .object({
    name: tensorName.meta({ description: 'As in the model’s metadata' }),
    shape: z
      .array(z.int().min(0))
      .min(1)
      .max(4)
      .meta({
        description: '[rows, 1] or [rows]; of other models than those of tables, the shape in the metadata',
        example: [1, 1],
      }),
    datatype: z.enum(DATATYPE_NAMES).meta({ example: 'FP64' }),
    parameters: parameters.meta({
      description: '`binary_data_size`: how many of the bytes after the JSON are its data',
    }),
    data: z
      .array(z.unknown())
      .optional()
      .meta({ description: 'Without `binary_data_size`', example: [39.1] }),
  })
  .meta({ id: 'InferenceInput' });

const output = z
  .object({
    name: tensorName.meta({ example: 'label' }),
    parameters: parameters.meta({ description: '`binary_data`: whether its data come as bytes after the JSON' }),
  })
  .meta({ id: 'InferenceRequestedOutput' });

export const inferenceRequest = z
  .object({
    id: z.string().max(1000).optional().meta({ description: 'Comes back in the response' }),
    parameters: parameters.meta({
      description:
        '`binary_data_output`: whether all outputs come as bytes. `variant`: `int8` predicts by `model.int8.onnx`, where the model has it; default: `float32`',
    }),
    inputs: z.array(input).min(1).max(LIMITS.csv.columns),
    outputs: z.array(output).max(10).optional().meta({ description: 'Default: all' }),
  })
  .meta({ id: 'InferenceRequest' });

export type InferenceRequest = z.output<typeof inferenceRequest>;
export type InferenceInput = InferenceRequest['inputs'][number];

const EXAMPLE = {
  inputs: [
    { name: 'bill_length_mm', shape: [1, 1], datatype: 'FP64', data: [39.1] },
    { name: 'island', shape: [1, 1], datatype: 'BYTES', data: ['Biscoe'] },
  ],
};

/** The whole body. Where the JSON ends is in a header, so the handler reads it. Clients leave the media type out. */
export const inferenceBody: Body<Uint8Array> = {
  accepts: ['application/json', 'application/octet-stream'],
  optional: true,
  bound: (settings) => settings.uploadBytes,
  parse: ({ content }) => content.bytes(),
  openapi: {
    required: true,
    content: {
      'application/json': { schema: inferenceRequest, example: EXAMPLE },
      'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
    },
  },
};

export const HEADER_LENGTH = 'inference-header-content-length';

export const inferenceHeaders = z.object({
  [HEADER_LENGTH]: z
    .string()
    .regex(/^[0-9]{1,10}$/, 'must be the number of bytes of the JSON at the beginning of the body')
    .optional()
    .meta({ description: 'The length of the JSON in bytes, where the bytes of tensors follow it' }),
});

/** The JSON of a body, and what follows it. Throws `ValidationError`, `PayloadTooLargeError`. */
export function readRequest(
  body: Uint8Array,
  headerLength: string | undefined,
  { predictionBodyBytes: most }: Pick<Settings, 'predictionBodyBytes'>,
): { readonly request: InferenceRequest; readonly rest: Uint8Array } {
  const length = headerLength === undefined ? body.length : Number(headerLength);
  if (length > body.length) {
    throw ValidationError.of(HEADER_LENGTH, `must be at most ${body.length}, the bytes of the body; got ${length}`);
  }
  if (length > most) throw new PayloadTooLargeError('body', most, length);
  const value = parseJson(body.subarray(0, length));
  return { request: check(inferenceRequest, value, { root: 'body' }), rest: body.subarray(length) };
}

/** In errors. */
export const VARIANT_FIELD = 'parameters.variant';

/** Throws `ValidationError` for another word. */
export function variantOf({ parameters: { variant = 'float32' } = {} }: InferenceRequest): Variant {
  const known = VARIANTS.find((one) => one === variant);
  if (known) return known;
  throw ValidationError.of(VARIANT_FIELD, `must be ${VARIANTS.join(' or ')}; got ${showValue(variant)}`);
}
