export interface TrainingFailureOptions extends ErrorOptions {
  /** Stable, for programs. */
  readonly code?: string | undefined;
}

/** Training cannot succeed because of the data or the settings. The message is for the owner of the job. */
export class TrainingFailure extends Error {
  override readonly name = 'TrainingFailure';
  readonly code: string | undefined;

  constructor(message: string, { code, ...options }: TrainingFailureOptions = {}) {
    super(message, options);
    this.code = code;
  }
}
