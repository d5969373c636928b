import { z } from 'zod';
import { changeRole, removeUser } from '#domain/accounts/members.ts';
import { getUser, listUsers } from '#domain/accounts/users.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { id } from '../fields.ts';
import { member, role, showMember } from './fields.ts';

const common = { tags: ['Account'], authentication: 'account', cost: 'request' } as const;
const path = z.strictObject({ user_id: id });

export const list = route({
  ...common,
  method: 'GET',
  path: '/account/members',
  summary: 'List the users of this account',
  scope: 'read',
  responses: {
    200: {
      description: 'The users, in the order in which they came',
      schema: z.strictObject({ members: z.array(member) }).meta({ id: 'MemberList' }),
    },
  },
  async handler({ caller }, { adapters }) {
    const users = await listUsers(adapters.table, caller.accountId);
    return { status: 200, body: { members: users.filter((user) => !user.removed).map(showMember) } };
  },
});

export const change = route({
  ...common,
  method: 'PATCH',
  path: '/account/members/{user_id}',
  summary: 'Give a user another role',
  description:
    'It holds from their next request on. API keys that they made and that may more end, and so do their invitations where they are no administrator any more. The last administrator keeps that role.',
  scope: 'admin',
  request: { path, body: json(z.strictObject({ role }).meta({ id: 'MemberChange' })) },
  responses: { 200: { description: 'The user', schema: member } },
  errors: [409],
  resource: ({ caller, path }, { adapters }) => getUser(adapters.table, caller.accountId, path.user_id),
  async handler({ caller, path, body }, { adapters }) {
    const user = await changeRole(adapters.table, caller.accountId, path.user_id, body.role);
    return { status: 200, body: showMember(user) };
  },
});

export const remove = route({
  ...common,
  method: 'DELETE',
  path: '/account/members/{user_id}',
  summary: 'Remove a user from this account',
  description:
    'Their sessions, and the API keys and invitations that they made, end at once, and their names are free again. What else they made stays the account’s. ' +
    'The last administrator cannot be removed.',
  scope: 'admin',
  request: { path },
  responses: { 204: { description: 'Removed' } },
  errors: [409],
  async handler({ caller, path }, { adapters }) {
    await removeUser(adapters.table, caller.accountId, path.user_id);
    return { status: 204 };
  },
});
