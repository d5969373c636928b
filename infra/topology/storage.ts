/** The storage: the table, the buckets, and the keys. */
import type { BucketName } from '#domain/ports/blobs/port.ts';

/** Attributes with a meaning for the table itself; see `Item` in the Table port. */
export const table = {
  partitionKey: 'pk',
  sortKey: 'sk',
  index: { name: 'byIndex', partitionKey: 'ipk', sortKey: 'isk' },
  expiry: 'expiresAt',
} as const;

export const buckets: readonly BucketName[] = ['datasets', 'artifacts', 'backups'];

/** One key signs tokens, the other wraps data keys. */
export const keys = { tokens: 'ECC_NIST_P256', data: 'SYMMETRIC_DEFAULT' } as const;
