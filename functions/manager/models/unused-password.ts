import type { Manager } from '#domain/vault/manager.ts';

/** What a caller is warned of whose password protects nothing. */
export const unusedPassword = ({ config }: Manager, password: string | undefined): readonly string[] =>
  password === undefined || config.enable_encryption
    ? []
    : ['The password has no effect: this manager stores models plainly (enable_encryption is false)'];
