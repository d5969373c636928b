import { keys } from '../keys.ts';
import type { Table } from '../ports/table/port.ts';
import { ENCODERS } from './catalogue.ts';
import { type EncoderState, encoderState } from './record.ts';

/** Undefined for one that nobody has asked for. */
export async function findEncoder(table: Table, name: string): Promise<EncoderState | undefined> {
  const item = await table.get(keys.encoder(name));
  return item && encoderState.parse(item);
}

/** Of all of the catalogue, in its order; undefined for those that nobody has asked for. */
export async function listEncoders(table: Table): Promise<(EncoderState | undefined)[]> {
  const items = await table.getMany(Object.keys(ENCODERS).map(keys.encoder));
  return items.map((item) => item && encoderState.parse(item));
}
