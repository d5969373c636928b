/** Which metrics are better when they are lower. */

const LOWER: readonly string[] = [
  'mse',
  'rmse',
  'mae',
  'mape',
  'msle',
  'rmsle',
  'loss',
  'log_loss',
  'brier_score',
  'perplexity',
  'inertia',
  'davies_bouldin_score',
  'hinge_loss',
  'fpr',
  'fnr',
  'ece',
  'cost',
  'latency',
  'size',
];
const LOWER_ENDINGS: readonly string[] = [
  '_error',
  '_time',
  '_loss',
  '_latency',
  '_mse',
  '_rmse',
  '_mae',
  '_ms',
  '_seconds',
  '_cost',
];
const LOWER_BEGINNINGS: readonly string[] = [
  'size',
  'mean_squared',
  'mean_absolute',
  'training_time',
  'inference_time',
];

const HIGHER: readonly string[] = [
  'accuracy',
  'balanced_accuracy',
  'precision',
  'recall',
  'specificity',
  'sensitivity',
  'f1',
  'f1_score',
  'auc',
  'roc_auc',
  'pr_auc',
  'average_precision',
  'r2',
  'r2_score',
  'explained_variance',
  'silhouette_score',
  'adjusted_rand_score',
  'normalized_mutual_info_score',
  'calinski_harabasz_score',
  'mcc',
  'matthews_corrcoef',
  'cohen_kappa',
  'jaccard',
  'iou',
  'map',
  'ndcg',
  'bleu',
  'rouge',
  'top_5_accuracy',
  'throughput',
];
const HIGHER_ENDINGS: readonly string[] = [
  '_accuracy',
  '_score',
  '_precision',
  '_recall',
  '_f1',
  '_auc',
  '_r2',
  '_f1_score',
  '_throughput',
];

export interface Direction {
  readonly better: 'higher' | 'lower';
  /** Whether it is not known, so that higher is assumed to be better. */
  readonly assumed: boolean;
}

/** Whether a metric is better when it is lower. What is not known counts as better when higher. */
export function directionOf(metric: string): Direction {
  const name = metric.toLowerCase();
  const isLower =
    LOWER.includes(name) ||
    LOWER_ENDINGS.some((ending) => name.endsWith(ending)) ||
    LOWER_BEGINNINGS.some((beginning) => name.startsWith(beginning));
  const isHigher = HIGHER.includes(name) || HIGHER_ENDINGS.some((ending) => name.endsWith(ending));
  // A name of the list decides before an ending: `brier_score` is better when it is lower.
  if (HIGHER.includes(name)) return { better: 'higher', assumed: false };
  if (isLower) return { better: 'lower', assumed: false };
  return { better: 'higher', assumed: !isHigher };
}

/** What is known of every model, by the names that callers give it: megabytes, and the seconds of its training. */
export function measured(
  metric: string,
  { size, trainingSeconds }: { readonly size: number; readonly trainingSeconds: number | null },
): number | undefined {
  if (metric === 'size' || metric === 'size_mb') return size / 1_000_000;
  if (metric === 'training_time' || metric === 'training_time_seconds') return trainingSeconds ?? undefined;
  return undefined;
}

/** Sorts the best value first. */
export const bestFirst =
  (metric: string) =>
  (a: number, b: number): number =>
    directionOf(metric).better === 'lower' ? a - b : b - a;
