import { PayloadTooLargeError, UnsupportedMediaTypeError } from '#domain/errors.ts';
import type { Settings } from '#domain/settings.ts';
import { type Middleware, stateOf } from './state.ts';

/** Reads the body, if the route declares one, and checks its size and media type. */
export function readBody(settings: Settings): Middleware {
  return {
    before({ event }) {
      const state = stateOf(event);
      const declared = state.route?.request.body;
      if (!declared) return;
      const text = event.body ?? '';
      const encoding = event.isBase64Encoded ? 'base64' : 'utf8';
      // A host passes on a body that is too large without its bytes, but with its content-length.
      const size = Math.max(Buffer.byteLength(text, encoding), Number(state.headers['content-length']) || 0);
      const bound = declared.bound(settings);
      if (size > bound) throw new PayloadTooLargeError('body', bound, size);
      const { contentType } = state.body;
      const coding = state.headers['content-encoding']?.trim().toLowerCase();
      // A decompressed body could have any size: RFC 9110 has 415 for an unsupported coding.
      if (coding !== undefined && coding !== '' && coding !== 'identity') {
        throw new UnsupportedMediaTypeError(['identity'], coding, 'content-encoding');
      }
      if ((size > 0 || contentType !== undefined) && !isAccepted(declared.accepts, contentType)) {
        throw new UnsupportedMediaTypeError(declared.accepts, contentType);
      }
      state.body = { contentType, bytes: Buffer.from(text, encoding) };
    },
  };
}

/** Text in another encoding than UTF-8 is refused rather than misread. */
function isAccepted(accepts: readonly string[], contentType = ''): boolean {
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice(8)
    .replaceAll('"', '');
  return accepts.includes(type) && (charset === undefined || charset === 'utf-8' || charset === 'utf8');
}
