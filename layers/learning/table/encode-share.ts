/** The part of learning an encoder and encoding rows that another thread takes. */
import type { Tensors } from '#engine/tensor.ts';
import type { RowThread } from '../row-thread.ts';
import { shared } from './allocate.ts';
import type { Rows } from './columns.ts';
import { type Encodable, fill, roomFor, type Some } from './encode.ts';
import { type Encoder, EncoderFitting, withBounds } from './encoder.ts';

export type EncodeMessage =
  | {
      readonly kind: 'fit';
      readonly columns: Rows['columns'];
      readonly training: Int32Array;
      readonly embedAbove: number | undefined;
    }
  /** Room and columns are in shared memory. */
  | { readonly kind: 'encode'; readonly of: Encodable; readonly some: Some; readonly into: Tensors };

export interface Encoded {
  readonly kind: 'encoded';
  /** What was learned of the columns. */
  readonly features: Encoder['features'];
}

/** In the other thread. */
export function encodeShare(message: EncodeMessage): Encoded {
  if (message.kind === 'fit') return { kind: 'encoded', features: featuresOf(message) };
  fill(message.of, message.some, message.into);
  return { kind: 'encoded', features: [] };
}

function featuresOf({ columns, training, embedAbove }: Omit<Extract<EncodeMessage, { kind: 'fit' }>, 'kind'>) {
  const fitting = new EncoderFitting(embedAbove);
  fitting.take({ columns }, training);
  return fitting.features();
}

/**
 * As `fitEncoder`, each thread of half of the columns.
 * @param rows in shared memory
 * @throws TrainingFailure if there is no usable column, or if the encoded rows are too wide
 */
export async function fitEncoderWith(
  thread: RowThread,
  { columns, leftOut }: Rows,
  training: Int32Array,
  embedAbove: number | undefined,
): Promise<Encoder> {
  const isOurs = (i: number) => i % 2 === 0;
  const theirs = columns.filter((_, i) => !isOurs(i));
  const asked = askedOf(thread, { kind: 'fit', columns: theirs, training, embedAbove });
  const own = featuresOf({ columns: columns.filter((_, i) => isOurs(i)), training, embedAbove });
  const found = [...own, ...(await asked).features];
  const byName = new Map(found.map((feature) => [feature.name, feature]));
  return withBounds({ features: columns.map(({ name }) => byName.get(name)!), leftOut: [...leftOut] });
}

/** As `encodeAll`, each thread half of the rows; in shared memory. */
export async function encodeAllWith(thread: RowThread, of: Encodable): Promise<Tensors> {
  const { rows, ...how } = of;
  const into = roomFor(of, shared);
  const [middle, to] = [of.which.length >> 1, of.which.length];
  const sent = { ...how, rows: { columns: rows.columns, target: rows.target } };
  const asked = askedOf(thread, { kind: 'encode', of: sent, some: { from: middle, to }, into });
  fill(of, { from: 0, to: middle }, into);
  await asked;
  return into;
}

const askedOf = (thread: RowThread, message: EncodeMessage): Promise<Encoded> =>
  thread.ask<Encoded>(message, 'encoded');
