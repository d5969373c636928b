import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { expectTensor, type Tensors } from '#engine/tensor.ts';
import { TrainingFailure } from '#learning/failure.ts';
import { type FitSpec, fitNetwork } from '#learning/fit/fit.ts';
import { type EncodedRows, isSharded, piecesOf, rowsOf } from '#learning/fit/rows.ts';
import { profileCsv } from '#learning/profile/profile.ts';
import { prepare } from '#learning/table/prepare.ts';
import { chunked } from './chunks.ts';
import { known, type LearnOptions, learned, mlp, prepared } from './tables.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'large-'));
});

afterEach(() => rm(folder, { recursive: true }));

const WORDS = ['red', 'green', '', 'blue'];

/** A table in the order of its classes, with gaps, words that appear late and rows without a target. */
const TABLE = `a,color,on,y\n${Array.from({ length: 300 }, (_, i) => {
  const color = i < 200 ? WORDS[i % 3]! : WORDS[i % 4]!;
  const target = i % 50 === 7 ? '' : i < 150 ? 'low' : 'high';
  return `${i % 11 === 0 ? '' : i / 10},${color},${i % 2 === 0 ? 'yes' : 'no'},${target}`;
}).join('\n')}\n`;

const NUMBERS = `a,b,y\n${Array.from({ length: 200 }, (_, i) => `${Math.sin(i)},${i % 7},${3 * Math.sin(i) + (i % 7)}`).join('\n')}\n`;

/** Bounds so low that everything lies on disk, in many pieces. */
const scratch = () => ({ folder, residentBytes: 100, pieceRows: 32, shardBytes: 1600 });

/** Every row as text, in whatever order. */
async function textsOf(rows: EncodedRows): Promise<string[]> {
  const texts: string[] = [];
  for await (const piece of piecesOf(rows, 7, rowsOf(rows))) texts.push(...rowTexts(piece));
  return texts.sort();
}

function rowTexts(piece: Tensors): string[] {
  const width = (name: string) => (piece[name]!.shape[1] ?? 1) as number;
  return Array.from({ length: rowsOf(piece) }, (_, row) =>
    Object.keys(piece)
      .sort()
      .map((name) => `${name} ${piece[name]!.data.slice(row * width(name), (row + 1) * width(name))}`)
      .join('; '),
  );
}

describe('data that memory does not hold', () => {
  test.each([
    ['classes', TABLE, {}],
    ['numbers', NUMBERS, { target: 'y' }],
    ['by group', NUMBERS, { target: 'y', parsing: { columns: { b: { role: 'group' } } } }],
    ['by time', NUMBERS, { target: 'y', parsing: { columns: { b: { role: 'time' } } } }],
  ] as const)('become the same encoded rows as in memory: %s', async (_, text, options) => {
    const split = { ...options, testSplit: 0.1 };
    const [small, large] = [await prepared(text, split), await prepared(text, { ...split, scratch: scratch() })];
    expect(known(large.preparation)).toEqual(known(small.preparation));
    expect(large.rows).toEqual(small.rows);
    for (const kind of ['training', 'validation', 'test'] as const) {
      expect(isSharded(large.data[kind]!)).toBe(true);
      expect(await textsOf(large.data[kind]!)).toEqual(await textsOf(small.data[kind]!));
    }
    expect(await readdir(folder)).toEqual(['test', 'training', 'validation']);
  });

  test('are encoded with a pause after every few rows, in which that can be ended', async () => {
    const bytes = () => chunked(NUMBERS);
    const profile = await profileCsv(bytes(), { task: 'auto', target: 'y' });
    let pauses = 0;
    const prepareUntil = (most: number) =>
      prepare(bytes(), profile, {
        ...{ validationSplit: 0.2, seed: 1, scratch: scratch() },
        between: async () => {
          if (++pauses > most) throw new Error('stopped');
        },
      });
    await prepareUntil(Number.POSITIVE_INFINITY);
    // 200 rows are seven pieces: looked at once, and encoded as rows to learn from and to validate with.
    expect(pauses).toBe(21);
    await rm(folder, { recursive: true });
    await mkdir(folder);
    await expect(prepareUntil(pauses + 2)).rejects.toThrow('stopped');
    expect(pauses).toBe(24);
  });

  const options: LearnOptions = { hyperparameters: { epochs: 4, batch_size: 16, dropout: 0.2, learning_rate: 0.01 } };

  test('are learned from, and give the same bits again, however often the fit is interrupted', async () => {
    const hyperparameters = { epochs: 3, batch_size: 32, hidden_layers: [8], dropout: 0.2 };
    const { fitted: whole, ...made } = await learned(TABLE, { hyperparameters, scratch: scratch() });
    const spec: FitSpec = {
      family: mlp,
      hyperparameters: made.hyperparameters,
      preparation: made.preparation,
      data: made.data,
      earlyStopping: { enabled: false, patience: 10, monitor: 'val_loss' },
      now: () => 0,
      report: async () => true,
    };
    let last: Uint8Array | undefined;
    let parts = 0;
    for (let fitted: Awaited<ReturnType<typeof fitNetwork>>; ; parts++) {
      const leave = new AbortController();
      let reports = 0;
      fitted = await fitNetwork({
        ...spec,
        // A clock on which every chunk is slow: chunks of one step.
        now: () => performance.now() * 1e6,
        report: async () => {
          reports++;
          if (reports === 13) leave.abort();
          return true;
        },
        checkpoints: {
          data: 'table',
          ...(last ? { last } : {}),
          keep: async (file) => {
            last = Buffer.concat(file);
          },
          signal: leave.signal,
        },
      });
      if (fitted) {
        expect(fitted).toEqual(whole);
        break;
      }
    }
    expect(parts).toBeGreaterThan(1);
  });

  test('are judged as they are in memory', async () => {
    const [small, large] = [await learned(TABLE, options), await learned(TABLE, { ...options, scratch: scratch() })];
    expect(large.fitted!.validation!.accuracy).toBeGreaterThan(0.8);
    expect(Object.keys(large.fitted!.history)).toEqual(Object.keys(small.fitted!.history));
    expect(expectTensor('w', large.fitted!.parameters['output.weight'], 'float32').shape).toEqual(
      small.fitted!.parameters['output.weight']!.shape,
    );
  });

  test('are refused where there is no disk for them, and where there is too little of them', async () => {
    const profile = await profileCsv(chunked(TABLE), { task: 'auto' });
    const none = prepare(chunked(TABLE), { ...profile, rows: 100_000_000 }, { validationSplit: 0.2, seed: 1 });
    await expect(none).rejects.toThrow(TrainingFailure);
    await expect(none).rejects.toThrow(/must take at most 1073741824 bytes of memory .* got about 63999/);
    const changed = TABLE.replace('red', 'rot');
    const other = prepare(chunked(changed), profile, { validationSplit: 0.2, seed: 1, scratch: scratch() });
    await expect(other).rejects.toThrow('its bytes have changed');
  });

  test('that fill the disk fail with that reason', async () => {
    const profile = await profileCsv(chunked(TABLE), { task: 'auto' });
    await mkdir(join(folder, 'columns'));
    await symlink('/dev/full', join(folder, 'columns', '2.1'));
    const full = prepare(chunked(TABLE), profile, { validationSplit: 0.2, seed: 1, scratch: scratch() });
    await expect(full).rejects.toThrow(TrainingFailure);
    await expect(full).rejects.toThrow("must fit onto the trainer's disk, parsed and encoded; it is full");
  });
});
