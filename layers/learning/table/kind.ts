/** Tables: rows of numbers, categories, truth values and times, one of whose columns is the target. */
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { tableRows } from '../batch/table-rows.ts';
import type { Kind } from '../kind.ts';
import { profileCsv, profileInParts } from '../profile/profile.ts';
import { code, cell as text } from '../serving/markdown.ts';
import { rowTensors } from '../serving/rows.ts';
import { featureInputs } from '../serving/tensor-inputs.ts';
import { tableExplainer } from './explain.ts';
import { encodedWidth } from './outline.ts';
import { prepare } from './prepare.ts';
import { residentBytes, usableRows } from './resident.ts';

/** Measured on two cores of an x86-64 server, as the other figures in `estimate.ts`. */
const SECONDS_PER_CELL = 4e-7;

/** Of a file that nobody has read yet: a table of numbers. */
const GUESS = { columns: 10, bytesPerCell: 8 };

export const table: Kind = {
  name: 'table',
  label: 'tables',
  unit: 'rows',
  recognises: async () => false,
  profile: (source, options) => profileCsv(source.bytes(), options),
  profileInParts: (source, options, parts) => profileInParts(source.bytes(), options, parts),
  takes: ({ kind = 'table' }: DatasetProfile) => kind === 'table',
  guess: (bytes) => {
    const names = Array.from({ length: GUESS.columns }, (_, i) => String(i));
    const column = { type: 'number', missing: 0, distinct: 0, distinct_estimated: true } as const;
    return {
      rows: Math.max(1, Math.round(bytes / (GUESS.columns * GUESS.bytesPerCell))),
      columns: names.map((name) => ({ name, ...column })),
      features: names.slice(1),
      target: names[0]!,
    };
  },
  outline: (profile, { table }) => ({
    shape: [Math.max(1, encodedWidth(profile, table?.embedAbove))],
    rows: usableRows(profile),
    bytes: residentBytes(profile),
    seconds: profile.rows * profile.columns.length * SECONDS_PER_CELL,
  }),
  prepare: (source, profile, options) => prepare(source.bytes(), profile, options),
  tensors: ({ features }, inputs) => rowTensors(features, inputs),
  explainer: tableExplainer,
  columns: ({ features }) => features,
  batch: tableRows,
  batchColumns: ({ features }) => features,
  tensorInputs: ({ features }) => featureInputs(features),
  inputShape: ({ served }) => [served.features.length],
  card: ({ features }) => ({
    table: `| Input | Feature | Type |
| --- | --- | --- |
${features.map(({ input, name, type }) => `| ${code(input)} | ${text(name)} | ${type} |`).join('\n')}`,
    note: "A missing number is replaced by the training rows' mean; a value of a category that training rows did not have counts as none.",
  }),
};
