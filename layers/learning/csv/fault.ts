import { ValidationError } from '#domain/errors.ts';

/** A fault of the whole file or at a place in it. */
export const fileFault = (message: string): ValidationError => ValidationError.of('file', message);

/** The beginning of a text that is longer than so many characters. */
export const shortened = (text: string, characters: number): string =>
  text.length > characters ? `${text.slice(0, characters).toWellFormed()}…` : text;

/** A value as an error message shows it: quoted, and not longer than people read. */
export const shown = (value: string): string => JSON.stringify(shortened(value, 60));
