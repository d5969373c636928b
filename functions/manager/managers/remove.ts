import { z } from 'zod';
import { backupPath } from '#domain/vault/backup.ts';
import { ManagerNotEmptyError } from '#domain/vault/errors.ts';
import { removeManager } from '#domain/vault/managers.ts';
import { expectNoneServed } from '#domain/vault/served.ts';
import { optionalJson } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { auditFailure } from '../audited.ts';
import { backUpByTime } from '../backup/back-up.ts';
import { confirmationBody, confirmationQuery, given } from '../confirmation.ts';
import { actorOf, managerPath, readManager, tags } from '../fields.ts';
import { deleteVault } from './delete-vault.ts';

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
  },
  errors: [409],
  resource: readManager,
  async handler(input, services) {
    const { resource: manager, query, body: request } = input;
    const { table, now } = services.adapters;
    const by = actorOf(input);
    const confirmed = given(request.confirm_deletion, query.confirm_deletion) ?? false;
    const backup = await auditFailure(services, manager, by, { action: 'manager_delete' }, async () => {
      if (manager.models > 0 && !confirmed) throw new ManagerNotEmptyError(manager.id, manager.models);
      // Before a backup is made in vain.
      await expectNoneServed(table, manager);
      const last = { what: manager.id, kind: 'deletion' } as const;
      const made = manager.models === 0 ? undefined : await backUpByTime(services, manager, by, last);
      await removeManager(table, manager, by, now, confirmed);
      return made?.backup;
    });
    await deleteVault(services, manager);
    return {
      status: 200,
      body: {
        message: 'Manager deleted successfully',
        manager_id: manager.id,
        models_deleted: manager.models,
        backup_created: backup !== undefined,
        backup_path: backup ? backupPath(backup) : null,
      },
    };
  },
});
