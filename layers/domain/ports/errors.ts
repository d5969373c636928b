/** What a port may throw. The code that calls the port handles these; one that reaches the API is a 500. */
import { InternalError } from '../errors.ts';

export class ConditionFailedError extends InternalError {
  constructor(message = 'the condition of a write did not hold') {
    super(message);
  }
}

/** `failed` has the positions of the writes whose conditions did not hold. */
export class TransactionFailedError extends InternalError {
  readonly failed: readonly number[];
  constructor(failed: readonly number[]) {
    super(`the condition of ${failed.length === 1 ? 'write' : 'writes'} ${failed.join(', ')} did not hold`);
    this.failed = failed;
  }
}

/** The transaction's token was used before for a different transaction. */
export class IdempotencyMismatchError extends InternalError {}

/** A key that is empty or too long, an item over 400 KB, a value that is not JSON or out of range. */
export class InvalidItemError extends InternalError {}

export class InvalidCursorError extends InternalError {}

export class BlobNotFoundError extends InternalError {
  readonly key: string;
  constructor(key: string) {
    super(`there is no blob ${JSON.stringify(key)}`);
    this.key = key;
  }
}

export class InvalidBlobKeyError extends InternalError {}

/** The range lies outside the blob. */
export class InvalidRangeError extends InternalError {
  readonly size: number;
  constructor(start: number, end: number | undefined, size: number) {
    super(`bytes ${start}-${end ?? ''} are not within a blob of ${size} bytes`);
    this.size = size;
  }
}

/** Unknown upload, unknown part, or an etag that is not that part's. */
export class InvalidUploadError extends InternalError {}

/** There is no such upload: it was completed or aborted, or never was. */
export class NoSuchUploadError extends InvalidUploadError {}

/** A part of an upload is not stored as frames of its message. */
export class PartNotFramedError extends InternalError {}

export class MessageTooLargeError extends InternalError {}

export class InvalidCiphertextError extends InternalError {}
