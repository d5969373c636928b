import type { APIGatewayProxyEvent } from 'aws-lambda';
import { type Awaitable, andThen } from '#domain/awaitable.ts';
import {
  InsufficientStorageError,
  PayloadTooLargeError,
  RateLimitError,
  RequestTimeoutError,
  type TrainyardError,
  UnavailableError,
  UnsupportedMediaTypeError,
  ValidationError,
} from '#domain/errors.ts';
import type { Content, Received } from '#domain/request-body.ts';
import type { Settings } from '#domain/settings.ts';
import type { HandlerContext } from '../contract.ts';
import { stateOf } from '../middleware/state.ts';
import { requestBody } from './request-body.ts';

/** Of responses that depend on other requests' bodies. */
const RETRY_SECONDS = 5;

/**
 * Receives the body that the route declares, after checking its media type and size. May be called more than once.
 * Throws the error of the response if there is no such body.
 */
export function receiveBody(
  event: APIGatewayProxyEvent,
  context: HandlerContext,
  settings: Settings,
): Awaitable<Content | undefined> {
  const state = stateOf(event);
  const declared = state.route?.request.body;
  if (!declared) return undefined;
  const body = requestBody(event, context);
  const maxBytes = declared.bound(settings);
  const { contentLength } = body;
  if (contentLength !== undefined && contentLength > maxBytes) {
    throw new PayloadTooLargeError('body', maxBytes, contentLength);
  }
  const { contentType } = state.body;
  const coding = state.headers['content-encoding']?.trim().toLowerCase();
  // A decompressed body could have any size: RFC 9110 has 415 for an unsupported coding.
  if (coding !== undefined && coding !== '' && coding !== 'identity') {
    throw new UnsupportedMediaTypeError(['identity'], coding, 'content-encoding');
  }
  const isEmpty = contentLength === 0 && (contentType === undefined || declared.optional);
  const isUntold = contentType === undefined && declared.optional;
  if (!isEmpty && !isUntold && !isAccepted(declared.accepts, contentType)) {
    throw new UnsupportedMediaTypeError(declared.accepts, contentType);
  }
  return andThen(body.read({ maxBytes, client: state.client }), (received) => {
    if (received.kind !== 'complete') throw errorOf(received, maxBytes);
    return received.content;
  });
}

function errorOf(received: Exclude<Received, { kind: 'complete' }>, maxBytes: number): TrainyardError {
  switch (received.kind) {
    case 'tooLarge':
      return new PayloadTooLargeError('body', maxBytes, received.bytes);
    case 'stalled':
      return new RequestTimeoutError(received.seconds);
    case 'disconnected':
      return ValidationError.of('body', 'must be complete; the connection was closed before its end');
    case 'overLimit':
      return received.scope === 'client'
        ? new RateLimitError(RETRY_SECONDS, 'Too many request bodies at once')
        : new UnavailableError('Too many request bodies at once; try again', RETRY_SECONDS);
    case 'diskFull':
      return new InsufficientStorageError(received.freeBytes);
    case 'stopping':
      return new UnavailableError('The service is stopping; try again', RETRY_SECONDS);
  }
}

/** Text in another encoding than UTF-8 is refused rather than misread. */
function isAccepted(accepts: readonly string[], contentType = ''): boolean {
  if (accepts.includes(contentType)) return true;
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice(8)
    .replaceAll('"', '');
  return accepts.includes(type) && (charset === undefined || charset === 'utf-8' || charset === 'utf8');
}
