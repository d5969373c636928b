/** Files of which the beginning does not show what they hold: a ZIP has its directory at the end. */
import { isNpy } from './npy.ts';

export const isZip = (head: Uint8Array): boolean => {
  const signature = Buffer.from(head.subarray(0, 4)).toString('latin1');
  return signature === 'PK\x03\x04' || signature === 'PK\x05\x06';
};

/** Whether it is looked into when it is processed, and not before. */
export const isArchive = (head: Uint8Array): boolean => isZip(head) || isNpy(head);
