import { InvalidBlobKeyError, InvalidUploadError, NoSuchUploadError } from '#domain/ports/errors.ts';
import { type Translations, translateError, translating } from '../vendor.ts';

/** What S3's exceptions become; those that need the key or the range are handled where they occur. */
const upload = (message: string): Error => new InvalidUploadError(message);

const TRANSLATIONS: Translations = {
  EntityTooSmall: upload,
  InvalidPart: upload,
  InvalidPartOrder: upload,
  KeyTooLongError: (message) => new InvalidBlobKeyError(message),
  MalformedXML: upload,
  NoSuchUpload: (message) => new NoSuchUploadError(message),
};

export const callS3 = <T>(call: () => Promise<T>): Promise<T> => translating('S3', call, TRANSLATIONS);

export const translateS3 = (error: unknown): Error => translateError('S3', error, TRANSLATIONS);

/** The response to HEAD has no body, and so no code but `NotFound`. */
export const isAbsent = (error: unknown): boolean => ['NoSuchKey', 'NotFound'].includes((error as Error).name);

export const isOutOfRange = (error: unknown): boolean => (error as Error).name === 'InvalidRange';
