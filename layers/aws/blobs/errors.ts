import { InvalidBlobKeyError, InvalidUploadError } from '#domain/ports/errors.ts';
import { type Translations, translateError, translating } from '../vendor.ts';

/** What S3's exceptions become; those that need to know the key or the range are told apart where they are met. */
const upload = (message: string): Error => new InvalidUploadError(message);

const TRANSLATIONS: Translations = {
  EntityTooSmall: upload,
  InvalidPart: upload,
  InvalidPartOrder: upload,
  KeyTooLongError: (message) => new InvalidBlobKeyError(message),
  MalformedXML: upload,
  NoSuchUpload: upload,
};

export const callS3 = <T>(call: () => Promise<T>): Promise<T> => translating('S3', call, TRANSLATIONS);

export const translateS3 = (error: unknown): Error => translateError('S3', error, TRANSLATIONS);

/** HEAD has no body, so S3 cannot say more there than that. */
export const isAbsent = (error: unknown): boolean => ['NoSuchKey', 'NotFound'].includes((error as Error).name);

export const isOutOfRange = (error: unknown): boolean => (error as Error).name === 'InvalidRange';
