import { ValidationError } from '#domain/errors.ts';

/** A fault of the whole file or at a place in it. */
export const fileFault = (message: string): ValidationError => ValidationError.of('file', message);

/** A value as an error message shows it: quoted, and shortened to a readable length. */
export function shown(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}
