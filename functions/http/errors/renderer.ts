import type { TrainyardError } from '#domain/errors.ts';

/** A surface's way to show an error: the body as JSON. */
export type ErrorRenderer = (error: TrainyardError, requestId: string) => unknown;

/** What an error may say of itself. */
export const publicMessage = (error: TrainyardError): string =>
  error.expose ? error.message : 'An unexpected error occurred';
