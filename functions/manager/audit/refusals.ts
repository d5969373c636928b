/**
 * Calls that are refused before their handler audits them are in the trail as well: a key that may not, a body that is
 * none, an upload that cannot start.
 */
import { RateLimitError } from '#domain/errors.ts';
import { findManager } from '#domain/vault/managers.ts';
import { countRefusedCall } from '#domain/vault/refused-calls.ts';
import type { Refused } from '#functions/http/middleware/note-refusals.ts';
import type { Services } from '#functions/http/route.ts';
import { appendFailure, isAudited } from '../audited.ts';
import { actorOf, managerPath, modelPath } from '../fields.ts';
import { actionOf } from './actions.ts';

const { manager_id } = managerPath.shape;
const { model_name } = modelPath.shape;

export async function auditRefusal(refused: Refused, services: Services): Promise<void> {
  const { route, parameters, caller, error } = refused;
  const action = actionOf(route);
  const id = manager_id.safeParse(parameters.manager_id);
  if (action === undefined || !id.success || isAudited(error)) return;
  // Of another account, or none: there is no trail that it belongs to.
  const manager = await findManager(services.adapters.table, caller.accountId, id.data);
  if (!manager) return;
  const by = actorOf({ caller, request: refused });
  const { table, now } = services.adapters;
  if (error instanceof RateLimitError) return countRefusedCall(table, manager, by, now());
  const model = model_name.safeParse(parameters.model_name);
  const access = { action, ...(model.success ? { model_name: model.data } : {}) };
  await appendFailure(services, manager, by, access, error);
}
