/** Series: tables whose rows follow each other, perhaps with a column of groups. Models see windows of them. */
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { ValidationError } from '#domain/errors.ts';
import type { Kind } from '../kind.ts';
import { table } from '../table/kind.ts';
import { usableRows } from '../table/resident.ts';
import { seriesBatch } from './batch.ts';
import { windowOf } from './encoding.ts';
import { seriesExplainer } from './explain.ts';
import { ONE_ROW, prepareSeries } from './prepare.ts';
import { seriesInputs } from './tensor-inputs.ts';
import { seriesTensors } from './tensors.ts';

const BYTES_PER_VALUE = 4;

export const series: Kind = {
  ...table,
  name: 'series',
  label: 'series',
  unit: 'windows',
  takes: ({ kind = 'table' }: DatasetProfile) => kind === 'table',
  expect: (profile, { series: { steps, horizon } = ONE_ROW }) => {
    if (horizon > 0 && profile.task !== 'regression') {
      throw ValidationError.of(
        'hyperparameters.horizon',
        `must be 0 for a ${profile.task}: only numbers are forecast; got ${horizon}`,
      );
    }
    // Nobody has read the file yet.
    if (profile.sha256 === '' || steps + horizon <= usableRows(profile)) return;
    throw ValidationError.of(
      'hyperparameters.window',
      `must be at most the number of rows with a target, ${usableRows(profile)}, together with horizon ${horizon}; got ${steps}`,
    );
  },
  outline: (profile, { series: { steps, horizon } = ONE_ROW }) => {
    const rows = table.outline(profile, {});
    const shape = [steps, rows.shape[0]! + Number(horizon > 0)];
    const windows = Math.max(1, usableRows(profile) - steps - horizon + 1);
    return { ...rows, shape, rows: windows, bytes: rows.bytes + windows * shape[0]! * shape[1]! * BYTES_PER_VALUE };
  },
  prepare: prepareSeries,
  tensors: async (serving, inputs) => seriesTensors(serving, inputs),
  explainer: seriesExplainer,
  columns: () => undefined,
  batch: seriesBatch,
  tensorInputs: seriesInputs,
  inputShape: ({ shape }) => shape,
  card: (serving) => {
    const { steps, horizon } = windowOf(serving);
    const asked = horizon === 0 ? 'the target of its last row' : `the target ${horizon} rows after its last one`;
    const { table: inputs, note } = table.card(serving);
    return {
      table: inputs,
      note: `Each input is [series, ${steps}]: a window of ${steps} consecutive rows of each series. The answer is ${asked}. ${note}`,
    };
  },
};
