import { z } from 'zod';
import { type ApiKey, MADE_BY_A_KEY } from '#domain/accounts/api-keys.ts';
import type { Invitation } from '#domain/accounts/invitations.ts';
import { ROLES, SCOPES } from '#domain/accounts/scopes.ts';
import type { User } from '#domain/accounts/users.ts';
import { LIMITS } from '#domain/limits.ts';
import type { Caller } from '#functions/http/route.ts';
import { user } from '../auth/fields.ts';
import { id, line, time } from '../fields.ts';

export const role = z.enum(ROLES).meta({
  description: '`viewer` looks, predicts and downloads; `trainer` also uploads and trains; `admin` may do everything',
});
export const scope = z.enum(SCOPES).meta({
  description:
    '`read`: look, predict, download. `train`: also upload, save, start and stop. `admin`: also delete and manage',
});

export const label = line(LIMITS.description.max)
  .default('')
  .meta({ description: 'What or whom it is for', example: 'The nightly training' });

/** Days from now on. */
export const days = (max: number) => z.int().min(1).max(max);

export const member = z.strictObject({ ...user.shape, role }).meta({ id: 'Member' });

export const showMember = (of: User): z.input<typeof member> => ({
  id: of.id,
  username: of.username,
  email: of.email,
  full_name: of.full_name,
  role: of.role,
  created_at: of.created_at,
});

const invitationFacts = { id, role, description: z.string(), created_at: time, expires_at: time };
export const invitation = z.strictObject(invitationFacts).meta({ id: 'Invitation' });
export const newInvitation = z
  .strictObject({ ...invitationFacts, token: z.string().meta({ description: 'Shown this once' }) })
  .meta({ id: 'NewInvitation' });

export const showInvitation = (of: Omit<Invitation, 'token_sha256'>): z.input<typeof invitation> => ({
  id: of.id,
  role: of.role,
  description: of.description,
  created_at: of.created_at,
  expires_at: of.expires_at,
});

const keyFacts = {
  id,
  name: z.string(),
  scope,
  prefix: z.string().meta({ description: 'How the key begins', example: 'ty_Zk3v' }),
  created_by: id.nullable().meta({
    description:
      'The user who made it, also where they did so with another key. It ends when they are removed, or may less than it. null: the operator of a machine, or a key of an earlier version',
  }),
  created_at: time,
  expires_at: time.nullable(),
  last_used_at: time.nullable().meta({ description: 'To within ten minutes' }),
};
export const apiKey = z.strictObject(keyFacts).meta({ id: 'ApiKey' });
export const newApiKey = z
  .strictObject({ ...keyFacts, key: z.string().meta({ description: 'Shown this once' }) })
  .meta({ id: 'NewApiKey' });

export const showApiKey = (of: Omit<ApiKey, 'sha256'>): z.input<typeof apiKey> => ({
  id: of.id,
  name: of.name,
  scope: of.scope,
  prefix: of.prefix,
  created_by: of.created_by === MADE_BY_A_KEY ? null : of.created_by,
  created_at: of.created_at,
  expires_at: of.expires_at ?? null,
  last_used_at: of.last_used_at ?? null,
});

/** As `created_by` of what lets others in. */
export const makerOf = ({ userId, keyOwner }: Pick<Caller, 'userId' | 'keyOwner'>): string =>
  userId ?? keyOwner ?? MADE_BY_A_KEY;
