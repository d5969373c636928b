import type { TrainyardError } from '#domain/errors.ts';

/** Renders an error as the JSON body of a surface. It may differ by the path that was called. */
export type ErrorRenderer = (error: TrainyardError, requestId: string, path: string) => unknown;

/** The message that the caller may see. */
export const publicMessage = (error: TrainyardError): string =>
  error.expose ? error.message : 'An unexpected error occurred';
