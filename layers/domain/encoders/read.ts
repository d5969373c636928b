import { keys, prefixes } from '../keys.ts';
import type { Key, Table } from '../ports/table/port.ts';
import { ENCODERS } from './catalogue.ts';
import { type EncoderState, encoderState } from './record.ts';

/** Undefined for one that nobody has asked for. */
export async function findEncoder(table: Table, key: Key): Promise<EncoderState | undefined> {
  const item = await table.get(key);
  return item && encoderState.parse(item);
}

/** An account may have so many uploaded encoders. */
export const MOST_UPLOADS = 50;

/** Those that an account has uploaded, by name. */
export async function listUploads(table: Table, accountId: string): Promise<EncoderState[]> {
  const { pk } = keys.uploadedEncoder(accountId, '');
  const { items } = await table.query({ partition: pk, prefix: prefixes.uploadedEncoder, limit: MOST_UPLOADS });
  return items.map((item) => encoderState.parse(item));
}

/** Of all of the catalogue, in its order; undefined for those that nobody has asked for. */
export async function listEncoders(table: Table): Promise<(EncoderState | undefined)[]> {
  const items = await table.getMany(Object.keys(ENCODERS).map(keys.encoder));
  return items.map((item) => item && encoderState.parse(item));
}
