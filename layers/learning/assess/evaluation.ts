/** An assessment as it is stored beside a job's history, and shown with its results. */
import { z } from 'zod';
import type { Assessment } from './assessment.ts';
import { crossValidation } from './cross-validation.ts';
import { int8Scores } from './int8-scores.ts';

const scores = z.record(z.string(), z.number());
const share = z.number();
const reliability = z.array(
  z.strictObject({ from: share, to: share, rows: z.number(), confidence: share, accuracy: share }),
);

export const naive = z.strictObject({
  strategy: z.enum(['most_frequent', 'mean', 'last_value']).meta({
    description:
      "The class that most training rows have, with their shares as probabilities, or the mean of their targets: as DummyClassifier (`prior`) and DummyRegressor of scikit-learn. Of a forecast, the target of the window's last row, if that errs less than the mean",
  }),
  answer: z
    .union([z.string(), z.number(), z.null()])
    .meta({ description: 'What it always answers; null for the last value', example: 'Adelie' }),
  metrics: scores.meta({ example: { accuracy: 0.44 } }),
  difference: scores.meta({ description: "The model's metrics less these", example: { accuracy: 0.54 } }),
  gain: z.number().meta({ description: 'How much less a row costs, in log loss or in squared error' }),
  standard_error: z.number().meta({ description: 'Of the gain' }),
  is_better: z.boolean().meta({ description: 'Whether the gain is more than two standard errors' }),
});

export const evaluation = z.strictObject({
  rows: z.strictObject({ of: z.enum(['validation', 'training']), count: z.int() }),
  metrics: scores.meta({ description: 'As the model answers, named as in scikit-learn', example: { accuracy: 0.98 } }),
  naive: naive.meta({ description: 'What knows nothing of the features, on the same rows' }),
  sampled: z.int().exactOptional().meta({
    description: 'The rows of which ROC AUC, temperature, threshold and intervals were computed, if not of all',
  }),
  classification: z
    .strictObject({
      classes: z.array(z.string()),
      confusion_matrix: z
        .array(z.array(z.number()))
        .exactOptional()
        .meta({ description: 'Rows by [truth][answer]; for at most 100 classes' }),
      per_class: z.array(
        z.strictObject({
          ...{ precision: share, recall: share, f1_score: share },
          support: z.number().meta({ description: 'Rows of the class' }),
          predictions: z.number(),
        }),
      ),
      reliability: reliability.meta({ description: 'Rows by the probability of their most probable class' }),
      calibration: z
        .strictObject({ temperature: z.number().exactOptional(), threshold: share.exactOptional() })
        .exactOptional(),
      uncalibrated: scores.exactOptional().meta({ description: 'Before the temperature' }),
    })
    .exactOptional(),
  multilabel: z
    .strictObject({
      labels: z.array(z.string()),
      calibration: z.strictObject({
        thresholds: z
          .array(share)
          .exactOptional()
          .meta({ description: 'The probability of each label from which on it is answered: the best by its F1' }),
      }),
      per_label: z.array(
        z.strictObject({
          ...{ precision: share, recall: share, f1_score: share },
          support: z.number().meta({ description: 'Rows that have the label' }),
          predictions: z.number(),
        }),
      ),
      reliability: reliability.exactOptional().meta({
        description:
          'Whether a row has a label, yes from a probability of 0.5 on, by how probable that is. Absent for jobs of earlier builds',
      }),
      expected_calibration_error: z.number().exactOptional().meta({ description: 'Of the same' }),
    })
    .exactOptional(),
  regression: z
    .strictObject({ intervals: z.array(z.strictObject({ coverage: share, width: z.number() })) })
    .exactOptional(),
  cross_validation: crossValidation.exactOptional().meta({
    description: 'If `cv` was asked for. The model itself is trained afterwards, like one without it',
  }),
  int8: int8Scores.exactOptional().meta({ description: 'Of `model.int8.onnx`, if it was asked for' }),
  warnings: z.array(z.string()),
});
export type Evaluation = z.infer<typeof evaluation>;

export const evaluationOf = ({ naive: compared, ...rest }: Assessment): Evaluation =>
  evaluation.parse({
    ...rest,
    naive: {
      ...compared,
      difference: Object.fromEntries(
        Object.entries(rest.metrics).flatMap(([name, value]) => {
          const other = compared.metrics[name];
          return other === undefined ? [] : [[name, value - other]];
        }),
      ),
    },
  });
