import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { createInvitation, listInvitations, revokeInvitation } from '#domain/accounts/invitations.ts';
import { newId } from '#domain/ids.ts';
import { LIMITS } from '#domain/limits.ts';
import { isoTime } from '#domain/times.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { id } from '../fields.ts';
import { days, invitation, label, makerOf, newInvitation, role, showInvitation } from './fields.ts';

const common = { tags: ['Account'], authentication: 'account', scope: 'admin', cost: 'request' } as const;
const DAY = 86_400_000;
const TOKEN_BYTES = 32;

const body = z
  .strictObject({ role, expires_in_days: days(LIMITS.invitationDays).default(7), description: label })
  .meta({ id: 'InvitationRequest' });

export const invite = route({
  ...common,
  method: 'POST',
  path: '/account/invitations',
  summary: 'Invite a user into this account',
  description: 'Who registers with the token (`invitation` in `POST /auth/register`) becomes a user of this account.',
  idempotent: true,
  confidential: true,
  request: { body: json(body) },
  responses: { 201: { description: 'The invitation, and its token this once', schema: newInvitation } },
  async handler({ caller, body: { role, expires_in_days, description } }, { adapters }) {
    const now = adapters.now();
    const token = `inv_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
    const created = {
      id: newId(now),
      account_id: caller.accountId,
      role,
      description,
      created_by: makerOf(caller),
      created_at: isoTime(now),
      expires_at: isoTime(now + expires_in_days * DAY),
    };
    await createInvitation(adapters.table, created, token);
    return { status: 201, body: { ...showInvitation(created), token } };
  },
});

export const list = route({
  ...common,
  method: 'GET',
  path: '/account/invitations',
  summary: 'List the invitations that can still be used',
  responses: {
    200: {
      description: 'The invitations',
      schema: z.strictObject({ invitations: z.array(invitation) }).meta({ id: 'InvitationList' }),
    },
  },
  async handler({ caller }, { adapters }) {
    const invitations = await listInvitations(adapters.table, caller.accountId);
    return { status: 200, body: { invitations: invitations.map(showInvitation) } };
  },
});

export const revoke = route({
  ...common,
  method: 'DELETE',
  path: '/account/invitations/{invitation_id}',
  summary: 'Revoke an invitation',
  request: { path: z.strictObject({ invitation_id: id }) },
  responses: { 204: { description: 'Revoked' } },
  async handler({ caller, path }, { adapters }) {
    await revokeInvitation(adapters.table, caller.accountId, path.invitation_id);
    return { status: 204 };
  },
});
