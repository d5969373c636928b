import { types } from 'node:util';
import { fileFault } from '../csv/fault.ts';

/** A damaged directory may lack what every directory has, or name places that no file has. */
export const ofDamage = (error: unknown): unknown =>
  isSlip(error) ? fileFault('must be a whole Parquet file; its directory is damaged') : error;

/** By its name: an error of Node.js itself may be of another realm. */
export const isSlip = (error: unknown): boolean =>
  types.isNativeError(error) && (error.name === 'TypeError' || error.name === 'RangeError');
