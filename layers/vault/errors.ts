/** What the vault refuses. No message holds a password, a key or anything that was decrypted. */
import { ForbiddenError, UnprocessableError, ValidationError } from '#domain/errors.ts';

/** The password does not open the key, or the stored salt or commitment was changed, which cannot be told apart. */
export class WrongPasswordError extends ForbiddenError {
  constructor(message = 'The password is wrong') {
    super(message);
  }
}

/** Why stored bytes were not accepted. */
export type IntegrityFailure = 'changed' | 'truncated' | 'trailing bytes' | 'context' | 'digest' | 'format';

/** Stored bytes are not those that were stored, or belong to another model: nothing of them may be used. */
export class IntegrityError extends UnprocessableError {
  readonly failure: IntegrityFailure;
  constructor(failure: IntegrityFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}

/** A parameter of key derivation is outside its bounds: the derivation would take too much, or protect too little. */
export class KeyDerivationLimitError extends ValidationError {
  readonly field: string;
  readonly bound: number;
  readonly value: number;
  constructor(field: string, message: string, bound: number, value: number) {
    super([{ field, message }], 'Invalid parameters of key derivation');
    this.field = field;
    this.bound = bound;
    this.value = value;
  }
}

/** The key is under a password, and none was given. */
export class PasswordRequiredError extends ForbiddenError {
  constructor(message = 'A password is needed to open this') {
    super(message);
  }
}

/** Why a PEM cannot sign. */
export type SigningKeyProblem = 'not a PEM' | 'encrypted' | 'public key' | 'certificate' | 'unsupported' | 'damaged';

/** What was given as a signing key is none that can be used. The message never repeats any of it. */
export class SigningKeyError extends ValidationError {
  readonly problem: SigningKeyProblem;
  constructor(problem: SigningKeyProblem, message: string, field = 'signing_key') {
    super([{ field, message }], 'Invalid signing key');
    this.problem = problem;
  }
}

/** A signature does not verify, or is one of other files. */
export class SignatureError extends UnprocessableError {}
