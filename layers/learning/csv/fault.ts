import { ValidationError } from '#domain/errors.ts';

/** Something that is wrong with the file as a whole or at a place in it. */
export const fileFault = (message: string): ValidationError => ValidationError.of('file', message);

/** A value as an error message shows it: quoted, and not longer than people read. */
export function shown(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}
