/** Turns images into encoded rows: each is decoded once, and goes into memory or into shards on disk. */
import { join } from 'node:path';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { type RowType, rowBytesOf, rowTypes } from '#engine/shards/format.ts';
import { fileChanged } from '../failure.ts';
import { targetType } from '../fit/task.ts';
import type { Prepared, PrepareOptions } from '../prepared.ts';
import { needsDisk, withRoom } from '../room.ts';
import { RowSink } from '../row-sink.ts';
import type { Source } from '../source.ts';
import type { SplitBy, Target } from '../table/columns.ts';
import { RESIDENT_BYTES } from '../table/resident.ts';
import { expectEnough, type Split, splitRows } from '../table/split.ts';
import { fitTarget, type TargetScale } from '../table/target.ts';
import { channelsChanged } from './channels.ts';
import { imageEncoding } from './encoding.ts';
import { packBytes, pixelTypes } from './front.ts';
import { openEntries } from './open.ts';
import { pixelColumns } from './outline.ts';
import { greyPlane } from './pixels.ts';
import { sha256Of } from './profile.ts';
import { imageRows } from './read.ts';
import type { ImageRows } from './rows.ts';
import { ChannelScales } from './scale.ts';
import { squareRows } from './square.ts';
import { PixelUnit } from './unit.ts';

const PARTS = ['training', 'validation', 'test'] as const;

/** Rows between which the caller is asked whether to go on. */
const PIECE_ROWS = 256;

/** @throws TrainingFailure naming the image, if the data cannot be learned from */
export function prepareImages(source: Source, profile: DatasetProfile, options: PrepareOptions): Promise<Prepared> {
  return withRoom(async () => {
    const columns = pixelColumns(profile);
    if (columns) {
      const known = new Set(columns);
      const formats = Object.fromEntries(
        profile.columns.flatMap(({ name, format }) => (format && known.has(name) ? [[name, format]] : [])),
      );
      return encode({ ...(await squareRows(source, profile, options)), columns, formats }, options);
    }
    if ((await sha256Of(await source.path())) !== profile.sha256) throw fileChanged();
    await using opened = await openEntries(source);
    const images = await imageRows(opened.entries, profile, options.wanted?.image);
    return await encode({ ...images, ...(profile.images ? { had: profile.images.channels } : {}) }, options);
  });
}

async function encode(
  images: ImageRows & { readonly splitBy?: SplitBy; readonly had?: number },
  {
    validationSplit,
    testSplit,
    seed,
    split: how,
    wanted,
    scratch,
    fold,
    between = async () => undefined,
  }: PrepareOptions,
): Promise<Prepared> {
  const { target, shape, values, splitBy, had = shape[0] } = images;
  const fractions = { validation: validationSplit, test: testSplit, fold, isRandom: how === 'random' };
  const split = splitRows(target, fractions, seed, splitBy);
  expectEnough(split, fractions, splitBy);
  const scale = fitTarget(target, split.training);
  const tensors = rowTypes({ ...pixelTypes(shape, values), y: targetType(target.task) });
  const bytes = target.values.length * rowBytesOf(tensors);
  const onDisk = needsDisk(bytes, scratch?.residentBytes ?? RESIDENT_BYTES, scratch !== undefined);
  const sinkOf = async (name: keyof Split): Promise<RowSink | undefined> => {
    const rows = split[name].length;
    if (rows === 0) return undefined;
    return RowSink.create({
      ...{ tensors, rows, seed },
      ...(onDisk && scratch ? { folder: join(scratch.folder, name) } : {}),
      ...(scratch?.shardBytes === undefined ? {} : { shardBytes: scratch.shardBytes }),
    });
  };
  const sinks = {
    training: await sinkOf('training'),
    validation: await sinkOf('validation'),
    test: await sinkOf('test'),
  };
  const sinkOfRow = new Map(PARTS.flatMap((part) => Array.from(split[part], (row) => [row, sinks[part]!] as const)));
  const [given, ...sides] = shape;
  const channels = wanted?.image?.channels ?? given;
  const scales = new ChannelScales([Math.min(channels, given), ...sides]);
  const unit = new PixelUnit();
  let row = 0;
  for await (const image of images.read()) {
    if (row % PIECE_ROWS === 0) await between();
    if (values === 'numbers') unit.add(image);
    const sink = sinkOfRow.get(row)!;
    if (sink === sinks.training) scales.add(channels < given ? greyPlane(image) : image);
    writeImage(sink, tensors, image);
    writeTarget(sink, target, scale, row);
    await sink.add();
    row++;
  }
  const [validation, test] = [await sinks.validation?.finish(), await sinks.test?.finish()];
  return {
    preparation: {
      encoding: imageEncoding(images, scales.scale, channels, unit.isByte),
      task: target.task,
      classes: target.task === 'classification' ? target.classes : [],
      scale,
    },
    data: {
      training: await sinks.training!.finish(),
      ...(validation ? { validation } : {}),
      ...(test ? { test } : {}),
    },
    rows: { training: split.training.length, validation: split.validation.length, test: split.test.length },
    warnings: channelsChanged(had, channels, target.values.length),
  };
}

function writeImage(
  sink: RowSink,
  { pixels }: Readonly<Record<string, RowType>>,
  image: Uint8Array | Float32Array,
): void {
  const bytes = sink.row('pixels');
  const place = [bytes.buffer, bytes.byteOffset, bytes.byteLength / 4] as const;
  if (pixels!.dtype === 'int32') packBytes(image as Uint8Array, new Int32Array(...place));
  else new Float32Array(...place).set(image);
}

function writeTarget(sink: RowSink, target: Target, { mean, deviation }: TargetScale, row: number): void {
  const { buffer, byteOffset } = sink.row('y');
  if (target.task === 'classification') new Int32Array(buffer, byteOffset, 1)[0] = target.values[row]!;
  else new Float32Array(buffer, byteOffset, 1)[0] = (target.values[row]! - mean) / deviation;
}
