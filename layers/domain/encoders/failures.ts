/** Why an encoder cannot be loaded or read, for programs; the line beside it is for people. */
export const ENCODER_FAILURES = [
  'HUB_UNREACHABLE',
  'HUB_UNAUTHORIZED',
  'HUB_NOT_FOUND',
  'HUB_RATE_LIMITED',
  /** It answered something else than what was asked for. */
  'HUB_ERROR',
  /** The folder of encoders of this machine. */
  'FOLDER_NOT_READ',
  'FILE_INCOMPLETE',
  'FILE_DIFFERS',
  'FILES_MISSING',
  /** It is not what was stored. */
  'FILE_DAMAGED',
  'ENCODER_TOO_LARGE',
  /** Of the installation. */
  'STORAGE_LIMIT_EXCEEDED',
  'CONFIG_NOT_READ',
  'TOKENIZER_NOT_READ',
  /** Among others a pickle with code in it. */
  'WEIGHTS_NOT_READ',
  'WEIGHTS_MISFIT',
] as const;

export type EncoderFailure = (typeof ENCODER_FAILURES)[number];

export const isEncoderFailure = (code: string | undefined): code is EncoderFailure =>
  ENCODER_FAILURES.some((one) => one === code);
