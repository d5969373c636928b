import { z } from 'zod';
import { optionalJson } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { auditFailure } from '../audited.ts';
import { goingOn, showGoing } from '../backup/fields.ts';
import { turnsProgress } from '../backup/in-turns.ts';
import { confirmationBody, confirmationQuery, given } from '../confirmation.ts';
import { actorOf, managerPath, readManager, tags } from '../fields.ts';
import { runOrQueue } from '../jobs/run-or-queue.ts';
import { managerDeletionWork } from './deletion-work.ts';

const body = z.strictObject(confirmationBody).meta({ id: 'ManagerDeletionRequest' });

export const remove = route({
  method: 'DELETE',
  path: '/api/model-manager/{manager_id}',
  summary: 'Delete a manager',
  description:
    'One that has models only with `confirm_deletion: true`; then a last backup is made first. Backups and the audit trail stay: a manager that is created again under this id has them.',
  tags: tags.managers,
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  request: { path: managerPath, query: z.strictObject(confirmationQuery), body: optionalJson(body) },
  responses: {
    200: {
      description: 'Deleted',
      schema: z
        .strictObject({
          message: z.string().meta({ example: 'Manager deleted successfully' }),
          manager_id: z.string().meta({ example: 'manager_prod' }),
          models_deleted: z.int(),
          backup_created: z.boolean(),
          backup_path: z.string().nullable(),
        })
        .meta({ id: 'ManagerDeleted' }),
    },
    202: {
      description:
        'Its last backup goes on: repeat the request to see how far, until it is 404, and the manager is gone',
      schema: goingOn,
    },
  },
  errors: [409, 422],
  resource: readManager,
  async handler(input, services) {
    const { resource: manager, query, body: request } = input;
    const by = actorOf(input);
    const confirmed = given(request.confirm_deletion, query.confirm_deletion) ?? false;
    const outcome = await auditFailure(services, manager, by, { action: 'manager_delete' }, () => {
      const wanted = { kind: 'manager_deletion', request: { confirmed }, secrets: {}, bytes: manager.bytes } as const;
      return runOrQueue(services, manager, by, wanted, managerDeletionWork);
    });
    if ('going' in outcome) {
      const going = turnsProgress.parse(outcome.going);
      return { status: 202, body: showGoing(going.backup_name, going) };
    }
    const { models, backup_path } = outcome.done;
    return {
      status: 200,
      body: {
        message: 'Manager deleted successfully',
        manager_id: manager.id,
        models_deleted: models,
        backup_created: backup_path !== null,
        backup_path,
      },
    };
  },
});
