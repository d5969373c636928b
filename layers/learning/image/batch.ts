/** Each image of a dataset, in the order of its file. */
import { buffer } from 'node:stream/consumers';
import { ValidationError } from '#domain/errors.ts';
import type { BatchRow, BatchRows, RowsWanted } from '../batch/batch-row.ts';
import { shown } from '../csv/fault.ts';
import type { Source } from '../source.ts';
import { areArrays, openArrays } from './arrays.ts';
import { imageInputOf, takesOtherChannels } from './encoding.ts';
import { listImages } from './listing.ts';
import { openEntries } from './open.ts';

/** Images that are in memory at once. */
const PIECE = 32;

export async function imageBatch(source: Source, { profile, serving }: RowsWanted): Promise<BatchRows> {
  // Labels, if it has any, are of no use here.
  const opened = await openEntries(source, true);
  const { entries } = opened;
  async function* closing(rows: AsyncIterable<BatchRow>): AsyncGenerator<BatchRow, void, undefined> {
    try {
      yield* rows;
    } finally {
      await opened[Symbol.asyncDispose]();
    }
  }
  if (areArrays(entries)) return { header: [], piece: PIECE, rows: closing(await arrayRows(entries, serving)) };
  const { images } = await listImages(entries, { target: profile.target, unlabelled: profile.task === undefined });
  async function* read(): AsyncGenerator<BatchRow, void, undefined> {
    for (const { entry } of images) {
      yield {
        input: (await buffer(entry.open())).toString('base64'),
        repeated: [entry.name],
        placeOf: () => `image ${shown(entry.name)}`,
      };
    }
  }
  return { header: ['image'], piece: PIECE, rows: closing(read()) };
}

async function arrayRows(
  entries: Parameters<typeof openArrays>[0],
  serving: RowsWanted['serving'],
): Promise<AsyncIterable<BatchRow>> {
  const input = imageInputOf(serving);
  const { channels, height, width } = input;
  const { layout, read } = await openArrays(entries, true);
  const taken = (takesOtherChannels(input) ? [1, 3] : [channels]).map((count) => [count, height, width].join(', '));
  const got = layout.shape.join(', ');
  if (!taken.includes(got)) {
    throw ValidationError.of(
      'dataset_id',
      `must have images [${taken.join('] or [')}], channels first, as the model takes; got [${got}]`,
    );
  }
  return (async function* () {
    let number = 0;
    for await (const pixels of read()) {
      const row = ++number;
      yield {
        input: Array.from(pixels, (value) => (Number.isNaN(value) ? null : value)),
        repeated: [],
        placeOf: () => `row ${row}`,
      };
    }
  })();
}
