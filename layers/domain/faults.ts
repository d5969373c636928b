import { type ErrorDetail, ValidationError } from './errors.ts';
import { LIMITS } from './limits.ts';

/** Collects what is wrong with an input until that is as much as an error lists: whoever checks then stops looking. */
export class Faults {
  readonly #details: ErrorDetail[] = [];

  /** Whether there is no room for another one. */
  get full(): boolean {
    return this.#details.length >= LIMITS.error.details;
  }

  add(field: string, message: string): void {
    if (!this.full) this.#details.push({ field, message });
  }

  /** @throws ValidationError if anything was added */
  throwIfAny(): void {
    if (this.#details.length > 0) throw new ValidationError(this.#details, undefined, this.full);
  }
}
