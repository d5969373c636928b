import { describe, expect, test } from '@jest/globals';
import { batchesOf } from '#learning/fit/batches.ts';
import { EarlyStopping } from '#learning/fit/early-stopping.ts';

describe('batches', () => {
  test('hold every row once, in an order of their own each epoch', () => {
    const batches = batchesOf(10, 4, 1, 1);
    expect(batches.map((batch) => batch.length)).toEqual([4, 4, 2]);
    const flat = (epoch: number, seed = 1) => batchesOf(10, 4, seed, epoch).flatMap((batch) => [...batch]);
    expect(flat(1).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(flat(2)).toEqual(flat(2));
    expect(flat(2)).not.toEqual(flat(1));
    expect(flat(2, 2)).not.toEqual(flat(2, 1));
  });
});

describe('early stopping', () => {
  const epochs = (values: number[], rule: { monitor: 'val_loss' | 'val_accuracy' | 'loss'; patience: number }) => {
    const stopping = new EarlyStopping({ enabled: true, ...rule }, true);
    const stoppedAt = values.findIndex((value) => {
      stopping.take({ [rule.monitor]: value });
      return stopping.isOver;
    });
    return { stoppedAt: stoppedAt + 1, best: stopping.bestEpoch };
  };

  test('waits for patience epochs after the best one', () => {
    const losses = [5, 4, 4, 4.5, 3, 3, 3, 9];
    expect(epochs(losses, { monitor: 'val_loss', patience: 3 })).toEqual({ stoppedAt: 8, best: 5 });
    expect(epochs(losses, { monitor: 'val_loss', patience: 2 })).toEqual({ stoppedAt: 4, best: 2 });
  });

  test('wants an accuracy to rise', () => {
    expect(epochs([0.5, 0.6, 0.4, 0.6], { monitor: 'val_accuracy', patience: 2 })).toEqual({ stoppedAt: 4, best: 2 });
  });

  test('goes by the validation loss, without validation rows by the loss, where it is off or cannot apply', () => {
    const rule = { enabled: true, patience: 1, monitor: 'val_accuracy' } as const;
    expect(new EarlyStopping(rule, true).monitor).toBe('val_accuracy');
    expect(new EarlyStopping(rule, false).monitor).toBe('loss');
    expect(new EarlyStopping({ ...rule, enabled: false }, true).monitor).toBe('val_loss');
    const off = new EarlyStopping({ ...rule, enabled: false }, true);
    for (const val_loss of [1, 2, 3, 4]) off.take({ val_loss });
    expect([off.isOver, off.bestEpoch]).toEqual([false, 1]);
  });

  test('goes by the loss where the metric is undefined on the rows, also when it is resumed', () => {
    const rule = { enabled: true, patience: 2, monitor: 'val_roc_auc' } as const;
    const stopping = new EarlyStopping(rule, true);
    for (const val_loss of [3, 2]) stopping.take({ val_loss });
    expect([stopping.monitor, stopping.bestEpoch, stopping.best]).toEqual(['val_loss', 2, 2]);
    const resumed = new EarlyStopping(rule, true, stopping.record);
    expect([2.5, 2.2].map((val_loss) => resumed.take({ val_loss }))).toEqual([false, false]);
    expect([resumed.monitor, resumed.bestEpoch, resumed.isOver]).toEqual(['val_loss', 2, true]);
  });
});
