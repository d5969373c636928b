import type { Database } from '../database.ts';
import { FolderUnusableError } from '../folder.ts';

/** What is lost for ever with each key file. */
const LOST: Readonly<Record<string, string>> = {
  'signing.pem': 'everybody has to log in again',
  'wrapping.key': 'what it encrypts cannot be opened: models of the vault without a password, secrets of webhooks',
};

/**
 * Throws `FolderUnusableError` where a missing key would be made anew although accounts are there: that it is lost must not
 * go unnoticed, because a backup of the folder still has it.
 */
export const expectNewFolder =
  (dir: string, database: Database) =>
  (file: string): void => {
    if (!hasAccounts(database)) return;
    throw new FolderUnusableError(
      dir,
      `keys/${file} is missing, and there are accounts. Restore it from a backup of this folder. To go on with a new one, ` +
        `start with --new-keys: then ${LOST[file]}`,
    );
  };

const hasAccounts = (database: Database): boolean =>
  database.get("SELECT 1 FROM items WHERE pk >= 'ACCOUNT#' AND pk < 'ACCOUNT$' AND sk = 'ACCOUNT' LIMIT 1") !==
  undefined;
