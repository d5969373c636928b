/** `metrics.json`: every score of a training, for programs. */
import type { Evaluation } from '../assess/evaluation.ts';
import type { Fit } from '../fit/fit.ts';
import type { Answers } from '../fit/task.ts';
import type { Prepared } from '../prepared.ts';

export interface MetricsFacts {
  readonly task: Answers['task'];
  readonly fit: Fit;
  readonly rows: Prepared['rows'];
  readonly evaluation: Evaluation;
}

export function metricsFile({ task, fit, rows, evaluation }: MetricsFacts): Uint8Array {
  const metrics = {
    format: 1,
    task,
    rows,
    /** Of which rows `performance`, `confusion_matrix`, `calibration` and `evaluation` are. */
    judged_on: evaluation.rows.of,
    performance: evaluation.metrics,
    training: fit.training,
    ...(fit.validation ? { validation: fit.validation } : {}),
    ...(fit.test ? { test: fit.test } : {}),
    best_epoch: fit.bestEpoch,
    monitor: fit.monitor,
    ...answersOf(evaluation),
    evaluation,
    history: fit.history,
  };
  return Buffer.from(`${JSON.stringify(metrics, null, 1)}\n`);
}

/** What is asked for most, where it has always been. */
function answersOf({ metrics, classification, multilabel }: Evaluation) {
  const reliability = classification?.reliability ?? multilabel?.reliability;
  if (!reliability) return {};
  const error = metrics.expected_calibration_error ?? multilabel?.expected_calibration_error;
  return {
    ...(classification?.confusion_matrix
      ? { confusion_matrix: { classes: classification.classes, counts: classification.confusion_matrix } }
      : {}),
    calibration: { expected_calibration_error: error, bins: reliability },
  };
}
