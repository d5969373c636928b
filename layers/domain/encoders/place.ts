/** Where an encoder is recorded, and where its files lie: those of a hub once for all accounts. */
import { blobKeys } from '../blob-keys.ts';
import { keys } from '../keys.ts';
import type { Key } from '../ports/table/port.ts';
import { isUploaded, nameOfUpload } from './catalogue.ts';
import type { EncoderState } from './record.ts';

/** @param accountId whose it is, if it was uploaded */
export const encoderKey = (name: string, accountId: string): Key =>
  isUploaded(name) ? keys.uploadedEncoder(accountId, nameOfUpload(name)) : keys.encoder(name);

/** In the bucket of artifacts. */
export const encoderPrefix = ({ name, prefix }: Pick<EncoderState, 'name' | 'prefix'>): string =>
  prefix ?? blobKeys.encoderPrefix(name);
