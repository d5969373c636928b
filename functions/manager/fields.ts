/** Fields that several routes of the vault have. */
import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import type { Actor } from '#domain/vault/audit.ts';
import { getManager } from '#domain/vault/managers.ts';
import type { Caller, Services } from '#functions/http/route.ts';

export const tags = {
  managers: ['Managers'],
  models: ['Models'],
  backups: ['Backups'],
  security: ['Security'],
  monitoring: ['Monitoring'],
};

/** What a name may be is checked where one is given; a path with any other names nothing. */
const name = z
  .string()
  .min(1)
  .max(LIMITS.vault.name * 2);

export const managerPath = z.strictObject({ manager_id: name.meta({ example: 'manager_prod' }) });
export const modelPath = managerPath.extend({ model_name: name.meta({ example: 'classifier_v2.1' }) });
export const backupPath = managerPath.extend({ backup_name: name.meta({ example: 'daily_backup_20250115' }) });

export const time = z.iso.datetime().meta({ example: '2026-01-01T00:00:00.000Z' });

/** The format marks values that must never appear in a response or a log. */
export const password = z.string().min(LIMITS.vault.password.min).max(LIMITS.vault.password.max).meta({
  format: 'password',
});

const TAGS = ['production', 'v2.1', 'high-accuracy'];

export const tagList = z.array(z.string()).meta({ example: TAGS });

/** Commas are between tags where they are asked for. */
export const givenTags = z
  .array(
    z
      .string()
      .min(1, { abort: true })
      .max(LIMITS.vault.name, { abort: true })
      .regex(
        /^[^\s,\p{Cc}](?:[^,\p{Cc}]*[^\s,\p{Cc}])?$/u,
        'must have no commas and no control characters, and no white space at its ends',
      ),
  )
  .max(LIMITS.vault.tags)
  .meta({ example: TAGS });

export const sizeMb = z.number().min(0).meta({ description: 'Millions of bytes', example: 15.6 });

/** Of a list that the document shows as a whole. */
export const paging = {
  page: z.int().min(1).max(LIMITS.page).default(1).meta({ description: 'An addition: which page' }),
  limit: z
    .int()
    .min(1)
    .max(LIMITS.vault.pageSize)
    .default(LIMITS.vault.pageSize)
    .meta({ description: 'An addition: items per page' }),
};

/** The items of a page. */
export const pageOf = <T>(all: readonly T[], { page, limit }: { readonly page: number; readonly limit: number }): T[] =>
  all.slice((page - 1) * limit, page * limit);

/** Text with commas between its parts, such as `tags=production,high-accuracy`. */
export const listed = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

interface ManagerTarget {
  readonly path: { readonly manager_id: string };
  readonly caller: Caller;
}

/** The `resource` of the routes below a manager. */
export const readManager = ({ caller, path }: ManagerTarget, { adapters }: Services) =>
  getManager(adapters.table, caller.accountId, path.manager_id);

const HASH_CHARACTERS = 32;

/** Who acts, as the audit trail names them. */
export function actorOf(of: {
  readonly caller: Caller;
  readonly request: { readonly id: string; readonly sourceIp: string };
}): Actor {
  const { keyHash, userId } = of.caller;
  const byKey = keyHash === undefined ? 'operator' : `key_${keyHash.slice(0, HASH_CHARACTERS)}`;
  return {
    userId: userId === undefined ? byKey : `user_${userId}`,
    address: of.request.sourceIp,
    requestId: of.request.id,
  };
}
