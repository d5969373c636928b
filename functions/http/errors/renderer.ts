import { type TrainyardError, UNAUTHORIZED, UnauthorizedError } from '#domain/errors.ts';

/** The request that failed. */
export interface FailedRequest {
  readonly id: string;
  readonly path: string;
  /** When it failed, in epoch milliseconds. */
  readonly at: number;
  /** Whether it had credentials, valid or not. */
  readonly presented: boolean;
}

/** Renders an error as the JSON body of a surface. It may differ by the path that was called. */
export type ErrorRenderer = (error: TrainyardError, request: FailedRequest) => unknown;

/** The message that the caller may see. */
export const publicMessage = (error: TrainyardError): string =>
  error.expose ? error.message : 'An unexpected error occurred';

/** Where a document prints no message of its own: what to do differs by whether there were credentials. */
export function explainedMessage(error: TrainyardError, { presented }: Pick<FailedRequest, 'presented'>): string {
  if (!(error instanceof UnauthorizedError) || error.message !== UNAUTHORIZED) return publicMessage(error);
  return presented
    ? 'The API key or access token is invalid or has expired'
    : 'Missing an API key (X-API-Key) or an access token (Authorization: Bearer …)';
}

/** What was wrong with single fields, as part of a message. */
export const describedMessage = (error: TrainyardError, request: Pick<FailedRequest, 'presented'>): string => {
  const details = error.details.map(({ field, message }) => `${field} ${message}`);
  return [explainedMessage(error, request), ...(details.length > 0 ? [details.join('; ')] : [])].join(': ');
};
