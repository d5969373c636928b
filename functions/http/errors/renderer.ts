import type { TrainyardError } from '#domain/errors.ts';

/** The request that failed. */
export interface FailedRequest {
  readonly id: string;
  readonly path: string;
  /** When it failed, in epoch milliseconds. */
  readonly at: number;
}

/** Renders an error as the JSON body of a surface. It may differ by the path that was called. */
export type ErrorRenderer = (error: TrainyardError, request: FailedRequest) => unknown;

/** The message that the caller may see. */
export const publicMessage = (error: TrainyardError): string =>
  error.expose ? error.message : 'An unexpected error occurred';

/** What was wrong with single fields, as part of a message. */
export const describedMessage = (error: TrainyardError): string => {
  const details = error.details.map(({ field, message }) => `${field} ${message}`);
  return [publicMessage(error), ...(details.length > 0 ? [details.join('; ')] : [])].join(': ');
};
