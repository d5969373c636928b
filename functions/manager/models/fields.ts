import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { VARIANTS } from '#domain/vault/files.ts';
import { type Metadata, megabytes, type StoredModel } from '#domain/vault/model.ts';
import type { Summary } from '#domain/vault/summary.ts';
import { anyJson } from '#functions/http/fields.ts';
import { sizeMb, tagList } from '../fields.ts';

const metadataBytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** What the model's author says of it: any JSON, of which some fields have a meaning. */
export const metadataRequest = z
  .record(z.string().max(1024), anyJson)
  .refine((value) => metadataBytes(value) <= LIMITS.vault.metadataBytes, {
    error: ({ input }) => `must have at most ${LIMITS.vault.metadataBytes} bytes as JSON; got ${metadataBytes(input)}`,
  })
  .meta({
    description:
      '`version`, `framework`, `algorithm`, `description` and the numbers of `performance_metrics` can be searched and compared',
    example: {
      version: '2.1.0',
      framework: 'sklearn',
      algorithm: 'RandomForestClassifier',
      performance_metrics: { accuracy: 0.96, f1_score: 0.945 },
      description: 'Improved classifier with better feature engineering',
    },
  });

export const metadata = z.record(z.string(), anyJson).meta({ description: 'As it was saved' });

export const metrics = z.record(z.string(), z.number()).meta({ example: { accuracy: 0.96, f1_score: 0.945 } });

export const modelSummary = z
  .strictObject({
    model_name: z.string().meta({ example: 'classifier_v2.1' }),
    model_id: z.string(),
    version: z.string().meta({ example: '2.1.0' }),
    framework: z.string().nullable().meta({ example: 'sklearn' }),
    size_mb: sizeMb,
    created_at: z.string(),
    tags: tagList,
    performance_metrics: metrics,
  })
  .meta({ id: 'VaultModel' });

export const showSummary = (of: Summary): z.input<typeof modelSummary> => ({
  model_name: of.name,
  model_id: of.id,
  version: of.version,
  framework: of.framework,
  size_mb: megabytes(of.size),
  created_at: of.created_at,
  tags: [...of.tags],
  performance_metrics: { ...of.metrics },
});

export const variant = z.enum(VARIANTS).default('original').meta({
  description: 'An addition: `int8` is the version with weights of 8 bits, where there is one',
});

export const revision = z.string().min(1).max(LIMITS.vault.name).optional().meta({
  description: 'An addition: an earlier one of `revisions` in its info. Left out, the present one',
});

export const int8Answer = z
  .strictObject({
    size_mb: sizeMb,
    hash: z.string().meta({ description: 'SHA-256 of the file, in hexadecimal' }),
    largest_difference: z.number().meta({ description: 'Of any number of an output from the model’s', example: 0.003 }),
    mean_difference: z.number(),
    output_range: z.array(z.number()).meta({
      description: 'The smallest and the largest number of the model’s outputs',
      example: [-4.2, 3.9],
    }),
    samples: z.int().meta({ description: 'How many random inputs were compared' }),
    input_scales: z.array(z.number()).meta({
      description: 'The standard deviations of the random inputs, as many of each',
      example: [0.01, 0.1, 1, 10, 100],
    }),
  })
  .nullable()
  .meta({ description: 'An addition: the version with weights of 8 bits, where `enable_quantization` made one' });

/** Metadata as a response has it. */
export const showMetadata = (of: StoredModel): Record<string, unknown> => ({ ...of.metadata });

/** Metadata of a request: whatever came as JSON is JSON. */
export const givenMetadata = (given: Record<string, unknown>): Metadata => given as Metadata;

/** Of a save or a download of a large model, which outlasts its request. */
export const modelGoingOn = z
  .strictObject({
    message: z.string(),
    model_name: z.string().meta({ example: 'large_classifier_v1.0' }),
    status: z.literal('in_progress'),
  })
  .meta({ id: 'ModelGoingOn' });

export const showModelGoing = (model_name: string): z.input<typeof modelGoingOn> => ({
  message: 'It goes on; repeat the request until it has the end',
  model_name,
  status: 'in_progress',
});

/** What the progress of such a job has. */
export const modelProgress = z.object({ model_name: z.string() });
