/** Tables whose features are k² or 3·k² numbers, as images. */
import { join } from 'node:path';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import type { PrepareOptions } from '../prepared.ts';
import type { Source } from '../source.ts';
import type { Rows } from '../table/columns.ts';
import { loadRows } from '../table/load.ts';
import { RESIDENT_BYTES, residentBytes } from '../table/resident.ts';
import { type SpilledRows, spillRows } from '../table/spill.ts';
import { shapeOfImages } from './outline.ts';
import type { ImageRows } from './rows.ts';

const PIECE_ROWS = 8192;

/** @throws TrainingFailure if the bytes are not those of the file that the profile describes */
export async function squareRows(
  source: Source,
  profile: DatasetProfile,
  { scratch, threads = 1, columns }: Pick<PrepareOptions, 'scratch' | 'threads' | 'columns'>,
): Promise<ImageRows & Pick<SpilledRows, 'splitBy'>> {
  const most = scratch?.residentBytes ?? RESIDENT_BYTES;
  if (scratch && residentBytes(profile) > most) {
    const rows = await spillRows(
      source.bytes(),
      profile,
      join(scratch.folder, 'columns'),
      scratch.pieceRows ?? PIECE_ROWS,
      columns,
    );
    return {
      ...about(profile, rows),
      async *read() {
        for await (const { rows: piece } of rows.pieces()) yield* rowsOf(piece);
      },
    };
  }
  const rows = await loadRows(source.bytes(), profile, { threads, columns });
  return {
    ...about(profile, rows),
    read: async function* () {
      yield* rowsOf(rows);
    },
  };
}

function about(profile: DatasetProfile, { target, leftOut, splitBy }: Pick<Rows, 'target' | 'leftOut' | 'splitBy'>) {
  return {
    target,
    leftOut,
    ...(splitBy ? { splitBy } : {}),
    shape: shapeOfImages(profile),
    values: 'numbers' as const,
  };
}

function* rowsOf({ count, columns }: Rows): Generator<Float32Array, void, undefined> {
  const row = new Float32Array(columns.length);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < columns.length; j++) row[j] = columns[j]!.values[i]!;
    yield row;
  }
}
