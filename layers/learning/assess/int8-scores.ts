import { z } from 'zod';

const scores = z.record(z.string(), z.number());

export const int8Scores = z.strictObject({
  size: z.int().meta({ description: 'Of the file in bytes', example: 6_104 }),
  float32_size: z.int().meta({ description: 'Of `model.onnx`', example: 21_874 }),
  rows: z.strictObject({ of: z.enum(['validation', 'training']), count: z.int() }),
  metrics: scores.meta({
    description: 'Of the answers, by the thresholds of the model, or of the numbers',
    example: { accuracy: 0.97 },
  }),
  difference: scores.meta({
    description: 'What they are less those of float32 on the same rows',
    example: { accuracy: -0.005 },
  }),
});
export type Int8Scores = z.infer<typeof int8Scores>;
