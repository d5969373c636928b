import { z } from 'zod';
import type { Model } from '#domain/models/record.ts';
import { time } from '../fields.ts';
import { usualArtifactOf } from './files.ts';

/** Digits are converted here, because path parameters are text. */
const number = z
  .string()
  .regex(/^[1-9][0-9]{0,14}$/)
  .transform(Number)
  .meta({
    override: ({ jsonSchema }) => {
      delete jsonSchema.pattern;
      Object.assign(jsonSchema, { type: 'integer', minimum: 1, maximum: 999_999_999_999_999 });
    },
    example: 7,
    description: 'Counted per account from 1',
  });

export const numberPath = z.strictObject({ model_id: number });

const metric = z.number().nullable();

export const numberedModel = z
  .strictObject({
    id: z.int().min(1).meta({ description: 'Counted per account from 1', example: 7 }),
    algorithm: z.string().meta({ example: 'mlp' }),
    name: z.string().meta({ example: 'bilstm-v1-experiment' }),
    version: z.string().meta({ description: 'MAJOR.MINOR.PATCH', example: '1.0.0' }),
    metrics: z
      .strictObject({
        train_loss: metric.meta({ description: 'Final training loss' }),
        val_loss: metric.meta({ description: 'Final validation loss; null if no rows were kept back' }),
        test_accuracy: metric.meta({
          description:
            'On the rows kept back for a test, 0 to 1; null for a regression, or if none were (`test_split`)',
        }),
      })
      .meta({ example: { train_loss: 0.0234, val_loss: 0.0289, test_accuracy: 0.92 } }),
    created_at: time,
    file_size: z.int().meta({ description: 'Of the file that a download returns, in bytes', example: 15_728_640 }),
  })
  .meta({ id: 'NumberedModel' });

export const showNumbered = (of: Model): z.input<typeof numberedModel> => ({
  id: of.number,
  algorithm: of.model_type,
  name: of.name,
  version: of.version,
  metrics: {
    train_loss: of.final_metrics.train_loss ?? null,
    val_loss: of.final_metrics.val_loss ?? null,
    test_accuracy: of.test_performance?.accuracy ?? null,
  },
  created_at: of.created_at,
  file_size: usualArtifactOf(of)?.size ?? 0,
});
