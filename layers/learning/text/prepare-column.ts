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
import type { NamedPieces, Stored } from '../table/stores.ts';
import { fitTarget } from '../table/target.ts';
import { BYTES_PER_GRAM, TEXT_INPUTS, textColumn, textEncoding } from './encoding.ts';
import { type Featurizer, type Grams, gramsOf } from './featurizer.ts';

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
    const texts = new Texts(column.name, featurizer);
    const isRead = (name: string) => !profile.features.includes(name) || name === column.name;
    const alone = profile.columns.filter((one) => roleOf(one, profile) !== 'feature' || isRead(one.name));
    const rows = await loadRows(source.bytes(), { ...profile, columns: alone }, [texts]);
    const others = profile.features.filter((name) => name !== column.name);
    const leftOut = [...new Set([...rows.leftOut.filter((name) => name !== column.name), ...others])];
    const places = Math.max(1, ...texts.grams.map(({ buckets }) => buckets.length));
    const encoding = textEncoding({ column: column.name, featurizer }, places, leftOut);
    return encode(rows, { grams: texts.grams, encoding, options });
  });

interface Encoded {
  readonly grams: readonly Grams[];
  readonly encoding: ReturnType<typeof textEncoding>;
  readonly options: PrepareOptions;
}

async function encode(
  { target, splitBy }: Awaited<ReturnType<typeof loadRows>>,
  { grams, encoding, options }: Encoded,
): Promise<Prepared> {
  const { validationSplit, testSplit, seed, scratch, fold, between = async () => undefined } = options;
  const fractions = { validation: validationSplit, test: testSplit, fold };
  const split = splitRows(target, fractions, seed, splitBy);
  expectEnough(split, fractions, splitBy);
  const scale = fitTarget(target, split.training);
  const tensors = rowTypes({ ...encoding.types, y: targetType(target.task, classesOf(target)) });
  const bytes = grams.length * rowBytesOf(tensors);
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
      for (const name of ['buckets', 'weights'] as const) {
        const { buffer, byteOffset, byteLength } = grams[row]![name];
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
    warnings: [],
  };
}

/** The n-grams of a column's texts, while the rows of a file are read. */
class Texts implements NamedPieces {
  readonly name: string;
  readonly #featurizer: Featurizer;
  readonly grams: Grams[] = [];
  #bytes = 0;

  constructor(name: string, featurizer: Featurizer) {
    this.name = name;
    this.#featurizer = featurizer;
  }

  begin(): void {}

  store({ cells, rows, from, to }: Stored, column: number): void {
    const read = (bytes: Buffer, start: number, end: number) => this.#take(bytes.toString('utf8', start, end));
    cells.read(column, { read }, new Int32Array(to - from), { rows, from, to, at: 0 });
  }

  /** The place of the text. */
  #take(text: string): number {
    const grams = gramsOf(text, this.#featurizer);
    this.#bytes += grams.buckets.length * BYTES_PER_GRAM;
    if (this.#bytes > RESIDENT_BYTES)
      throw new TrainingFailure(
        `The texts must have at most ${RESIDENT_BYTES} bytes of n-grams; they have more: a smaller max_words reads less of each`,
      );
    return this.grams.push(grams) - 1;
  }
}
