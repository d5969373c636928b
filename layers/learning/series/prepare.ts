/** Turns a table into encoded windows of its series: in memory, or in shards on disk if they do not fit there. */
import { join } from 'node:path';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { bytesOf } from '#engine/elements.ts';
import { rowBytesOf, rowTypes } from '#engine/shards/format.ts';
import { TrainingFailure } from '../failure.ts';
import { targetType } from '../fit/task.ts';
import type { Prepared, PrepareOptions } from '../prepared.ts';
import { needsDisk, withRoom } from '../room.ts';
import { RowSink } from '../row-sink.ts';
import type { Source } from '../source.ts';
import { AfterSplit } from '../table/after-split.ts';
import { classesOf, type Rows, type Target } from '../table/columns.ts';
import { encodeRows, encodeTarget } from '../table/encode.ts';
import { fitEncoder } from '../table/encoder.ts';
import { loadRows } from '../table/load.ts';
import { RESIDENT_BYTES, residentBytes } from '../table/resident.ts';
import { expectEnough, type Split, splitRows } from '../table/split.ts';
import { fitTarget } from '../table/target.ts';
import { seriesEncoding } from './encoding.ts';
import { type WindowSpec, type Windows, windowsOf } from './windows.ts';

/** What a family without wishes gets: the latest row. */
export const ONE_ROW: WindowSpec = { steps: 1, horizon: 0 };
/** Windows between which the caller is asked whether to go on. */
const PIECE = 4096;

/** @throws TrainingFailure if the data cannot be learned from */
export const prepareSeries = (source: Source, profile: DatasetProfile, options: PrepareOptions): Promise<Prepared> =>
  withRoom(async () => {
    const { wanted: { series: spec = ONE_ROW } = {}, scratch, threads = 1, columns } = options;
    if (spec.horizon > 0 && profile.task !== 'regression') {
      throw new TrainingFailure(
        `horizon must be 0 for ${profile.task}: only numbers are forecast; got ${spec.horizon}`,
      );
    }
    // The rows themselves stay in memory, so that windows can be taken from them in any order.
    needsDisk(residentBytes(profile), scratch?.residentBytes ?? RESIDENT_BYTES, false);
    // A window has the rows that follow each other in the file, whether or not each has a target: so has a prediction's.
    const loaded = await loadRows(source.bytes(), profile, { threads, columns, withoutTarget: true });
    return await encode(spec.horizon > 0 ? withPast(loaded, profile) : loaded, profile, spec, options);
  });

/** For a forecast, the target of each row is also one of its features. */
const withPast = (rows: Rows, { target: name }: DatasetProfile): Rows => ({
  ...rows,
  columns: [...rows.columns, { kind: 'numbers', name, type: 'number', values: rows.target.values as Float64Array }],
});

async function encode(
  rows: Rows,
  profile: DatasetProfile,
  spec: WindowSpec,
  { validationSplit, testSplit, seed, scratch, fold, between = async () => undefined }: PrepareOptions,
): Promise<Prepared> {
  const windows = windowsOf(rows, spec, (row) => hasTarget(rows.target, row));
  const target = targetsOf(rows.target, windows);
  const fractions = { validation: validationSplit, test: testSplit, fold };
  const splitBy = rows.group
    ? ({ by: 'group', values: windows.series } as const)
    : ({ by: 'time', values: Float64Array.from(windows.starts) } as const);
  const split = splitRows(target, fractions, seed, splitBy);
  expectEnough(split, fractions, splitBy);
  const learned = rowsWithin(windows, split.training, rows.count, spec.steps);
  const encoder = fitEncoder(rows, learned);
  const late = lateTimes(rows, profile, learned, split);
  const scale = fitTarget(target, split.training);
  const encoding = seriesEncoding(encoder, profile, spec);
  const tensors = rowTypes({ ...encoding.types, y: targetType(target.task, classesOf(target)) });
  const onDisk = needsDisk(
    windows.count * rowBytesOf(tensors),
    scratch?.residentBytes ?? RESIDENT_BYTES,
    scratch !== undefined,
  );
  const encoded = Object.entries(encodeRows(rows, encoder, windows.order)).map(([name, values]) => {
    const bytes = bytesOf(values);
    return { name, bytes, rowBytes: bytes.length / windows.order.length };
  });
  const part = async (name: keyof Split) => {
    const which = split[name];
    const sink = await RowSink.create({
      ...{ tensors, rows: which.length, seed },
      ...(onDisk && scratch ? { folder: join(scratch.folder, name) } : {}),
      ...(scratch?.shardBytes === undefined ? {} : { shardBytes: scratch.shardBytes }),
    });
    const y = bytesOf(encodeTarget(target, scale, which).y!);
    for (const [i, window] of which.entries()) {
      if (i % PIECE === 0) await between();
      const start = windows.starts[window]!;
      for (const { name: tensor, rowBytes, bytes } of encoded) {
        sink.row(tensor).set(bytes.subarray(start * rowBytes, (start + spec.steps) * rowBytes));
      }
      sink.row('y').set(y.subarray(4 * i, 4 * i + 4));
      await sink.add();
    }
    return sink.finish();
  };
  const { training, validation, test } = split;
  return {
    preparation: {
      encoding,
      task: target.task,
      classes: classesOf(target),
      scale,
    },
    data: {
      training: await part('training'),
      ...(validation.length > 0 ? { validation: await part('validation') } : {}),
      ...(test.length > 0 ? { test: await part('test') } : {}),
    },
    rows: { training: training.length, validation: validation.length, test: test.length },
    warnings: late.warnings,
  };
}

/** Of a split by time: times in the rows of the windows to learn from that are later than the latest of these rows. */
function lateTimes(rows: Rows, profile: DatasetProfile, training: Int32Array, { validation, test }: Split): AfterSplit {
  const splitBy = rows.time && !rows.group ? ({ by: 'time', values: rows.time.values } as const) : undefined;
  const late = new AfterSplit(profile, splitBy, { training, validation, test }, true);
  late.take(rows, training);
  return late;
}

const hasTarget = (target: Target, row: number): boolean =>
  target.task === 'regression' ? !Number.isNaN(target.values[row]) : target.values[row]! >= 0;

/** The targets of windows. */
function targetsOf(target: Target, { targets }: Windows): Target {
  if (target.task === 'regression')
    return { ...target, values: Float64Array.from(targets, (row) => target.values[row]!) };
  if (target.task === 'classification') return { ...target, values: targets.map((row) => target.values[row]!) };
  throw new TypeError('no family of series learns labels');
}

/** The rows, of so many, that some windows consist of, ascending. */
function rowsWithin({ order, starts }: Windows, which: Int32Array, count: number, steps: number): Int32Array {
  const isWithin = new Uint8Array(count);
  for (const window of which) for (let i = 0; i < steps; i++) isWithin[order[starts[window]! + i]!] = 1;
  return Int32Array.from(isWithin.keys()).filter((row) => isWithin[row]);
}
