export interface TrainingFailureOptions extends ErrorOptions {
  /** Stable, for programs. */
  readonly code?: string | undefined;
}

/** The `code` where the stored file is not the one that was processed. */
export const FILE_DAMAGED = 'file_damaged';

/** Training cannot succeed because of the data or the settings. The message is for the owner of the job. */
export class TrainingFailure extends Error {
  override readonly name = 'TrainingFailure';
  readonly code: string | undefined;

  constructor(message: string, { code, ...options }: TrainingFailureOptions = {}) {
    super(message, options);
    this.code = code;
  }
}

export const fileChanged = (): TrainingFailure =>
  new TrainingFailure('The file is not the one that was processed: its bytes have changed', { code: FILE_DAMAGED });
