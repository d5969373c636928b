import { expect, test } from '@jest/globals';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import type { Job } from '#domain/training/record.ts';
import { modelCard } from '#learning/serving/card.ts';
import type { Serving } from '#learning/serving/description.ts';
import { table } from '#learning/table/kind.ts';

const JOB: Job = {
  id: 'j',
  account_id: 'a',
  dataset_id: 'd',
  dataset_name: 'Birds',
  model_name: '# <b>Birds</b>\n| x |',
  model_type: 'mlp',
  task: 'classification',
  hyperparameters: { epochs: 3, hidden_layers: [8, 8] },
  validation_split: 0.2,
  early_stopping: { enabled: false, patience: 10, monitor: 'val_loss' },
  status: 'running',
  created_at: '2026-01-01T00:00:00.000Z',
  estimated_time: 1,
  attempt: 1,
  total_epochs: 3,
  current_epoch: 0,
  progress: 0,
  metrics: {},
  compute_seconds: 0,
  estimated_cost: 0,
};

const PROFILE: DatasetProfile = {
  rows: 10,
  columns: [],
  features: ['a|b'],
  target: 'y',
  task: 'classification',
  rows_without_target: 1,
  delimiter: ',',
  quote: '"',
  sha256: 'abc',
  warnings: [
    {
      code: 'values_unreadable',
      column: 'a|b',
      first_value: 'x`y',
      first_row: 3,
      rows: 4,
      message: 'Four *values*',
      cost: 'They count as missing',
      overrule: null,
    },
  ],
};

test('a model card says what there is to know, and nothing in a name becomes markup', () => {
  const serving: Serving = {
    format: 1,
    task: 'classification',
    target: 'y',
    features: [{ name: 'a|b', type: 'number', input: 'a_b' }],
    classes: ['u', 'v'],
  };
  const card = modelCard({
    job: JOB,
    profile: PROFILE,
    serving,
    inputs: table.card(serving),
    leftOut: ['note'],
    parameters: 42,
    unit: 'rows',
    rows: { training: 6, validation: 2, test: 1 },
    epochs: 3,
    bestEpoch: 2,
    monitor: 'val_loss',
    performance: { accuracy: 0.912345678 },
    tested: { accuracy: 0.87654321 },
    createdAt: '2026-01-01T00:00:00.000Z',
    version: '0.1.0',
  });
  const lines = card.split('\n');
  expect(lines[0]).toBe('# \\# \\<b\\>Birds\\</b\\> \\| x \\|');
  expect(lines).toContain('| `a_b` | a\\|b | number |');
  expect(lines).toContain('| hidden_layers | \\[8,8\\] |');
  expect(lines).toContain('| accuracy | 0.912346 |');
  expect(card).toContain(
    '10 rows, of which 6 were learned from, 2 kept back for validation, 1 for a test, and 1 had no target',
  );
  expect(card).toContain('Left out: `note`.');
  expect(card).toContain('weights are those of epoch 2, the best by `val_loss`');
  expect(card).toContain('On 2 validation rows:');
  expect(card).toContain('On 1 test rows, which decided nothing:');
  expect(lines).toContain('| accuracy | 0.876543 |');
  expect(lines).toContain('| `a\\|b` | `xˋy` | 4 | Four \\*values\\* | They count as missing |');
});
