/** How a version was judged, as it is stored with the model. */
import { z } from 'zod';

const share = z.number().min(0).max(1);
const detection = share.nullable().meta({ description: 'null without rows of both kinds, attacks and harmless ones' });

const report = z.strictObject({
  precision: share,
  recall: share,
  f1_score: share,
  support: z.int().meta({ description: 'Rows with this label' }),
});

export const evaluation = z
  .strictObject({
    rows: z.int().meta({ description: 'By which it was judged' }),
    accuracy: share.meta({
      description: 'This and what follows is by the labels that predictions give, by `thresholds`',
    }),
    precision_macro: share,
    recall_macro: share,
    f1_macro: share,
    precision_weighted: share,
    recall_weighted: share,
    f1_weighted: share,
    recall_at_1_percent_fpr: detection,
    recall_at_0_1_percent_fpr: detection,
    roc_auc: detection,
    per_class: z.record(z.string(), report),
    confusion_matrix: z.strictObject({
      labels: z.array(z.string()),
      counts: z.array(z.array(z.int())).meta({ description: 'Rows by their label, columns by what was predicted' }),
    }),
    thresholds: z
      .record(z.string(), share.nullable())
      .meta({ description: 'Of each label; null where there were too few rows to tell, and predictions use 0.5' }),
    over_defence: z
      .strictObject({
        texts: z.int().meta({ description: 'Harmless ones with words that attacks have, written for this purpose' }),
        taken_for_attacks: z.int(),
      })
      .nullable()
      .optional()
      .meta({
        description:
          'null for a version whose `benign_label` is none of its labels; versions of earlier releases have none',
      }),
    int8: z
      .strictObject({
        bytes: z.int().meta({ description: 'Of `model.int8.onnx`' }),
        float32_bytes: z.int().meta({ description: 'Of `model.onnx`' }),
        rows: z.int().meta({ description: 'By which both were judged: of many, some of each length' }),
        accuracy: share,
        float32_accuracy: share,
        same_label: share.meta({ description: 'The share of rows that both give the same label' }),
        largest_difference: share.meta({ description: 'Of any probability' }),
      })
      .optional()
      .meta({ description: 'What the variant `int8` costs; versions of earlier releases have none' }),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'Evaluation' });
