/** `metrics.json`: every score of a training, for programs. */
import type { Fit } from '../fit/fit.ts';
import type { Observed } from '../metrics/observed.ts';
import type { Prepared } from '../prepared.ts';

export interface MetricsFacts {
  readonly fit: Fit;
  readonly classes: readonly string[];
  readonly rows: Prepared['rows'];
  readonly performance: Readonly<Record<string, number>>;
  readonly observed: Observed;
}

export function metricsFile({ fit, classes, rows, performance, observed }: MetricsFacts): Uint8Array {
  const { task } = observed;
  const metrics = {
    format: 1,
    task,
    rows,
    /** Of which rows `performance` and what follows from the answers is. */
    judged_on: rows.validation > 0 ? 'validation' : 'training',
    performance,
    training: fit.training,
    ...(fit.validation ? { validation: fit.validation } : {}),
    ...(fit.test ? { test: fit.test } : {}),
    best_epoch: fit.bestEpoch,
    monitor: fit.monitor,
    ...(observed.task !== 'regression'
      ? {
          ...(observed.task === 'classification' && observed.confusion
            ? { confusion_matrix: { classes, counts: observed.confusion } }
            : {}),
          calibration: { expected_calibration_error: observed.calibrationError, bins: observed.calibration },
        }
      : {}),
    history: fit.history,
  };
  return Buffer.from(`${JSON.stringify(metrics, null, 1)}\n`);
}
