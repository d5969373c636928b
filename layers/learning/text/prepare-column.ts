/** Turns a table's column of texts into encoded rows: in memory, or in shards on disk if they do not fit there. */
import { join } from 'node:path';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { bytesOf } from '#engine/elements.ts';
import { rowBytesOf, rowTypes } from '#engine/shards/format.ts';
import { BUCKETS } from '#zoo/compact-text.ts';
import { TrainingFailure } from '../failure.ts';
import { targetType } from '../fit/task.ts';
import type { Prepared, PrepareOptions } from '../prepared.ts';
import { needsDisk, withRoom } from '../room.ts';
import { RowSink } from '../row-sink.ts';
import type { Source } from '../source.ts';
import { classesOf } from '../table/columns.ts';
import { encodeTarget } from '../table/encode.ts';
import { loadRows } from '../table/load.ts';
import { RESIDENT_BYTES, roleOf } from '../table/resident.ts';
import { expectEnough, type Split, splitRows } from '../table/split.ts';
import { fitTarget } from '../table/target.ts';
import { ColumnTexts } from './column-texts.ts';
import { TEXT_INPUTS, textColumn, textEncoding } from './encoding.ts';
import { splitPresent } from './present.ts';

/** What a family without wishes gets. */
const USUAL_WORDS = 256;
/** Rows between which the caller is asked whether to go on. */
const PIECE = 1024;

/** @throws TrainingFailure if the data cannot be learned from */
export const prepareColumn = (source: Source, profile: DatasetProfile, options: PrepareOptions): Promise<Prepared> =>
  withRoom(async () => {
    const column = textColumn(profile);
    if (!column) throw new TrainingFailure('The data must have one column of text; they have none, or several');
    const featurizer = { version: 1, buckets: BUCKETS, max_words: options.wanted?.text?.words ?? USUAL_WORDS } as const;
    const texts = new ColumnTexts(column, featurizer);
    const isRead = (name: string) => !profile.features.includes(name) || name === column.name;
    const alone = profile.columns.filter((one) => roleOf(one, profile) !== 'feature' || isRead(one.name));
    const rows = await loadRows(source.bytes(), { ...profile, columns: alone }, { more: [texts] });
    const others = profile.features.filter((name) => name !== column.name);
    const leftOut = [...new Set([...rows.leftOut.filter((name) => name !== column.name), ...others])];
    const encoding = textEncoding(
      { column: column.name, featurizer },
      { places: texts.most, leftOut, format: column.format },
    );
    return encode(rows, { texts, encoding, options });
  });

interface Encoded {
  readonly texts: ColumnTexts;
  readonly encoding: ReturnType<typeof textEncoding>;
  readonly options: PrepareOptions;
}

async function encode(
  { target, splitBy }: Awaited<ReturnType<typeof loadRows>>,
  { texts, encoding, options }: Encoded,
): Promise<Prepared> {
  const { validationSplit, testSplit, seed, split: how, scratch, fold, between = async () => undefined } = options;
  const fractions = { validation: validationSplit, test: testSplit, fold, isRandom: how === 'random' };
  const { present } = texts;
  const split = splitPresent({ target, ...(splitBy ? { splitBy } : {}) }, present, (some) =>
    splitRows(some.target, fractions, seed, some.splitBy),
  );
  expectEnough(split, fractions, splitBy);
  const scale = fitTarget(target, split.training);
  const tensors = rowTypes({ ...encoding.types, y: targetType(target.task, classesOf(target)) });
  const bytes = present.length * rowBytesOf(tensors);
  const onDisk = needsDisk(bytes, scratch?.residentBytes ?? RESIDENT_BYTES, scratch !== undefined);
  const part = async (name: keyof Split) => {
    const which = split[name];
    const sink = await RowSink.create({
      ...{ tensors, rows: which.length, seed },
      ...(onDisk && scratch ? { folder: join(scratch.folder, name) } : {}),
      ...(scratch?.shardBytes === undefined ? {} : { shardBytes: scratch.shardBytes }),
    });
    const y = bytesOf(encodeTarget(target, scale, which).y!);
    const width = y.length / which.length;
    for (const [i, row] of which.entries()) {
      if (i % PIECE === 0) await between();
      const grams = texts.of(row);
      for (const name of ['buckets', 'weights'] as const) {
        const { buffer, byteOffset, byteLength } = grams[name];
        const place = sink.row(TEXT_INPUTS[name]);
        place.set(new Uint8Array(buffer, byteOffset, byteLength));
        place.fill(0, byteLength);
      }
      sink.row('y').set(y.subarray(width * i, width * (i + 1)));
      await sink.add();
    }
    return sink.finish();
  };
  const { training, validation, test } = split;
  return {
    preparation: { encoding, task: target.task, classes: classesOf(target), scale },
    data: {
      training: await part('training'),
      ...(validation.length > 0 ? { validation: await part('validation') } : {}),
      ...(test.length > 0 ? { test: await part('test') } : {}),
    },
    rows: { training: training.length, validation: validation.length, test: test.length },
    warnings: texts.warnings,
  };
}
