/** Messages of ONNX as lists of fields, so that a file is changed in places and stays the same in all others. */
import { fieldsOf as eachField, type Field, field as fieldPieces } from '#engine/onnx/wire.ts';

export type { Field };

/** @throws OnnxError */
export const fieldsOf = (of: Uint8Array): Field[] => [...eachField(of)];

/** A text, bytes or a message as a field. */
export const field = (number: number, value: Uint8Array | string): Uint8Array =>
  Buffer.concat(fieldPieces(number, typeof value === 'string' ? Buffer.from(value) : value));

export const message = (fields: readonly Uint8Array[]): Uint8Array => Buffer.concat(fields);
