/** The routes of an account: who is in it, which keys it has, what it uses, and its end. */
import type { Route } from '#functions/http/route.ts';
import * as apiKeys from './api-keys.ts';
import * as invitations from './invitations.ts';
import * as members from './members.ts';
import * as password from './password.ts';
import { remove } from './remove.ts';
import { usage } from './usage.ts';

export const accountRoutes: readonly Route[] = [
  invitations.invite,
  invitations.list,
  invitations.revoke,
  members.list,
  members.change,
  members.remove,
  password.offer,
  password.change,
  password.endAll,
  apiKeys.create,
  apiKeys.list,
  apiKeys.revoke,
  usage,
  remove,
];
