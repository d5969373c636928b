/**
 * The one error hierarchy. Every error has a stable code, an HTTP status and a flag whether its message may be shown to
 * the caller; each surface renders it as its own response body.
 */

/** One thing that was wrong: the field, and a message with the bound and the value received. */
export interface ErrorDetail {
  readonly field: string;
  readonly message: string;
}

export abstract class TrainyardError extends Error {
  abstract readonly code: string;
  abstract readonly status: number;
  /** Whether the message may be shown to the caller. */
  readonly expose: boolean = true;
  readonly details: readonly ErrorDetail[] = [];
  override get name(): string {
    return this.constructor.name;
  }
}

/** The input breaks a rule; nothing was changed. */
export class ValidationError extends TrainyardError {
  readonly code = 'validation_error';
  readonly status = 400;
  override readonly details: readonly ErrorDetail[];
  constructor(details: readonly ErrorDetail[], message = 'Invalid input data') {
    super(message);
    this.details = details;
  }
  /** The common case: one field, one reason. */
  static of(field: string, message: string): ValidationError {
    return new ValidationError([{ field, message }]);
  }
}

export class UnauthorizedError extends TrainyardError {
  readonly code = 'unauthorized';
  readonly status = 401;
  constructor(message = 'Invalid or expired token') {
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

/** The request is well formed, but the resource's state does not permit it. */
export class ConflictError extends TrainyardError {
  readonly code = 'conflict';
  readonly status = 409;
  override readonly details: readonly ErrorDetail[];
  constructor(message: string, details: readonly ErrorDetail[] = []) {
    super(message);
    this.details = details;
  }
}

export class PayloadTooLargeError extends TrainyardError {
  readonly code = 'payload_too_large';
  readonly status = 413;
  override readonly details: readonly ErrorDetail[];
  constructor(field: string, limitBytes: number, gotBytes: number | undefined) {
    const got = gotBytes === undefined ? 'more' : `${gotBytes}`;
    super('Request body is too large');
    this.details = [{ field, message: `must be at most ${limitBytes} bytes; got ${got}` }];
  }
}

export class UnsupportedMediaTypeError extends TrainyardError {
  readonly code = 'unsupported_media_type';
  readonly status = 415;
  override readonly details: readonly ErrorDetail[];
  constructor(accepted: readonly string[], got: string | undefined, field = 'content-type') {
    super('Unsupported media type');
    this.details = [{ field, message: `must be ${accepted.join(' or ')}; got ${got === undefined ? 'none' : got}` }];
  }
}

/** The request is well formed, but differs from the earlier one whose idempotency key it uses. */
export class UnprocessableError extends TrainyardError {
  readonly code = 'unprocessable';
  readonly status = 422;
  override readonly details: readonly ErrorDetail[];
  constructor(message: string, details: readonly ErrorDetail[] = []) {
    super(message);
    this.details = details;
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
