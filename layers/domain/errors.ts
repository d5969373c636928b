/**
 * The one error hierarchy. Every error knows a stable code, the HTTP status that it stands for and whether its message
 * may leave the building; a surface's renderer turns it into that surface's body. However much was wrong, an error is
 * small: it lists so many details, and cuts what is long, so that its body and its log line are small as well.
 */
import { LIMITS } from './limits.ts';
import type { Json } from './ports/table/port.ts';
import { truncate } from './truncate.ts';

/** One thing that was wrong: the field, and a message with the bound and the value received. */
export interface ErrorDetail {
  readonly field: string;
  readonly message: string;
}

/** Bytes as JSON. All details and the message together leave a body room for what a surface adds to them. */
const BYTES = { field: 400, detail: 2_500, message: 4_096 };

export abstract class TrainyardError extends Error {
  abstract readonly code: string;
  abstract readonly status: number;
  /** Whether the message may be shown to the caller. */
  readonly expose: boolean = true;
  /** At most `LIMITS.error.details`. */
  readonly details: readonly ErrorDetail[];
  /** What the error is about, by name, for surfaces whose errors have such details. */
  readonly facts?: { readonly [name: string]: Json };
  /** `stopped`: whoever looked for what is wrong stopped looking, so that there may be more. */
  constructor(message = '', details: readonly ErrorDetail[] = [], stopped = false) {
    const more = unlisted(details.length, stopped);
    super(truncate(message, BYTES.message - more.length) + more);
    this.details = details.slice(0, LIMITS.error.details).map(({ field, message: text }) => ({
      field: truncate(field, BYTES.field),
      message: truncate(text, BYTES.detail),
    }));
  }
  override get name(): string {
    return this.constructor.name;
  }
}

function unlisted(details: number, stopped: boolean): string {
  const more = details - LIMITS.error.details;
  if (stopped) return `; checking stopped after ${Math.min(details, LIMITS.error.details)} details, there may be more`;
  return more > 0 ? `; ${more} more ${more === 1 ? 'detail is' : 'details are'} left out` : '';
}

/** The input breaks a rule; nothing was changed. */
export class ValidationError extends TrainyardError {
  readonly code = 'validation_error';
  readonly status = 400;
  constructor(details: readonly ErrorDetail[], message = 'Invalid input data', stopped = false) {
    super(message, details, stopped);
  }
  /** The common case: one field, one reason. */
  static of(field: string, message: string): ValidationError {
    return new ValidationError([{ field, message }]);
  }
}

/** As the platform's document prints it. */
export const UNAUTHORIZED = 'Invalid or expired token';

export class UnauthorizedError extends TrainyardError {
  readonly code = 'unauthorized';
  readonly status = 401;
  constructor(message = UNAUTHORIZED) {
    super(message);
  }
}

/** The caller may see the resource but not do this. A resource that the caller may not see is a `NotFoundError`. */
export class ForbiddenError extends TrainyardError {
  readonly code = 'forbidden';
  readonly status = 403;
  constructor(message = "You don't have permission to access this resource") {
    super(message);
  }
}

export class NotFoundError extends TrainyardError {
  readonly code = 'not_found';
  readonly status = 404;
  constructor(message = 'Resource not found') {
    super(message);
  }
}

export class MethodNotAllowedError extends TrainyardError {
  readonly code = 'method_not_allowed';
  readonly status = 405;
  readonly allow: readonly string[];
  constructor(method: string, allow: readonly string[]) {
    super(`${method} is not allowed here; allowed: ${allow.join(', ')}`);
    this.allow = allow;
  }
}

/** The client stopped sending the request's body. */
export class RequestTimeoutError extends TrainyardError {
  readonly code = 'request_timeout';
  readonly status = 408;
  constructor(seconds: number) {
    super(`The request body timed out: too little was received within ${seconds} s`);
  }
}

/** The request is well formed, but the state of what it names does not permit it. */
export class ConflictError extends TrainyardError {
  readonly code = 'conflict';
  readonly status = 409;
  constructor(message: string, details: readonly ErrorDetail[] = []) {
    super(message, details);
  }
}

export class PayloadTooLargeError extends TrainyardError {
  readonly code = 'payload_too_large';
  readonly status = 413;
  constructor(field: string, limitBytes: number, gotBytes: number | undefined) {
    const got = gotBytes === undefined ? 'more' : `${gotBytes}`;
    super('Request body is too large', [{ field, message: `must be at most ${limitBytes} bytes; got ${got}` }]);
  }
}

export class UnsupportedMediaTypeError extends TrainyardError {
  readonly code = 'unsupported_media_type';
  readonly status = 415;
  constructor(accepted: readonly string[], got = 'none', field = 'content-type') {
    super('Unsupported media type', [{ field, message: `must be ${accepted.join(' or ')}; got ${got}` }]);
  }
}

/** A range of bytes that lies outside of the file. */
export class RangeNotSatisfiableError extends TrainyardError {
  readonly code = 'range_not_satisfiable';
  readonly status = 416;
  readonly size: number;
  constructor(size: number) {
    super(`The range must begin within the ${size} bytes of the file`);
    this.size = size;
  }
}

/** A stored file is not as it was written: its disk or somebody else has changed it. */
export class DamagedFileError extends TrainyardError {
  readonly code = 'file_damaged';
  readonly status = 409;
  readonly what: string;
  readonly remedy: string;
  /** @param remedy what the caller can do, as a sentence without its full stop */
  constructor(what: string, remedy = 'Restore it from a backup, or make it anew') {
    super(`${what} is damaged: its bytes are not those that were written. ${remedy}`);
    this.what = what;
    this.remedy = remedy;
  }
}

/** A model that something still uses or points to cannot be deleted. */
export class ModelInUseError extends TrainyardError {
  readonly code = 'model_in_use';
  readonly status = 409;
}

/** The request is well formed, but differs from the earlier one whose idempotency key it uses. */
export class UnprocessableError extends TrainyardError {
  readonly code = 'unprocessable';
  readonly status = 422;
  constructor(message: string, details: readonly ErrorDetail[] = []) {
    super(message, details);
  }
}

/** Too much, too often, or too many at once. */
export class RateLimitError extends TrainyardError {
  readonly code = 'rate_limit_exceeded';
  readonly status = 429;
  /** Seconds until a retry can succeed. */
  readonly retryAfter: number;
  constructor(retryAfter: number, message = 'Too many requests') {
    super(message);
    this.retryAfter = Math.max(1, Math.ceil(retryAfter));
  }
}

/** There is no room for what the request would store. */
export class InsufficientStorageError extends TrainyardError {
  readonly code = 'insufficient_storage';
  readonly status = 507;
  constructor(freeBytes: number) {
    super(
      `The disk is full: ${freeBytes} bytes are free; delete what is no longer needed, or free space, and try again`,
    );
  }
}

/** More would be stored than the account, or the installation, may have. */
export class StorageLimitError extends TrainyardError {
  readonly code = 'storage_limit_exceeded';
  readonly status = 507;
  override readonly facts: NonNullable<TrainyardError['facts']>;
  constructor(
    who: string,
    { most, used, bytes }: { readonly most: number; readonly used: number; readonly bytes: number },
  ) {
    super(`${who} may store at most ${most} bytes; it stores ${used}, and this would add ${bytes}`);
    this.facts = { limit_bytes: most, stored_bytes: used, added_bytes: bytes };
  }
}

/** A fault on our side. The message is for the log only. */
export class InternalError extends TrainyardError {
  readonly code = 'internal_error';
  readonly status = 500;
  override readonly expose = false;
}

/** A dependency did not answer in time or was throttled; the same request may succeed later. */
export class UnavailableError extends TrainyardError {
  readonly code = 'unavailable';
  readonly status = 503;
  readonly retryAfter: number;
  constructor(message = 'The service is busy; try again', retryAfter = 1) {
    super(message);
    this.retryAfter = retryAfter;
  }
}
