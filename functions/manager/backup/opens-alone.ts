import type { CompleteBackup } from '#domain/vault/backup.ts';

/** Whether nobody has to give a password to read what the backup holds. */
export const opensAlone = ({ complete: { encryption } }: CompleteBackup): boolean =>
  encryption === undefined || encryption.key_derivation === 'platform';
