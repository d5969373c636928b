import { z } from 'zod';
import { backupPath } from '#domain/vault/backup.ts';
import { optionalJson } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { auditFailure } from '../audited.ts';
import { backupQuery, confirmationBody, confirmationQuery, given, requireConfirmation } from '../confirmation.ts';
import { actorOf, modelPath, readManager, tags } from '../fields.ts';
import { deleteModel } from './delete-model.ts';

const body = z
  .strictObject({ ...confirmationBody, backup_before_delete: z.boolean().optional() })
  .meta({ id: 'ModelDeletionRequest', example: { confirm_deletion: true, backup_before_delete: true } });

export const remove = route({
  method: 'DELETE',
  path: '/api/model-manager/{manager_id}/models/{model_name}',
  summary: 'Delete a model',
  tags: tags.models,
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  request: {
    path: modelPath,
    query: z.strictObject({ ...confirmationQuery, ...backupQuery }),
    body: optionalJson(body),
  },
  responses: {
    200: {
      description: 'Deleted',
      schema: z
        .strictObject({
          message: z.string().meta({ example: 'Model deleted successfully' }),
          model_name: z.string().meta({ example: 'classifier_v2.1' }),
          backup_created: z.boolean(),
          backup_path: z.string().nullable().meta({
            example: './backups/classifier_v2.1_20250115_103000.backup',
          }),
        })
        .meta({ id: 'ModelDeleted' }),
    },
  },
  errors: [409],
  resource: readManager,
  async handler(input, services) {
    const { resource: manager, path, query, body: request } = input;
    const by = actorOf(input);
    const access = { action: 'model_delete', model_name: path.model_name } as const;
    const backup = await auditFailure(services, manager, by, access, () => {
      requireConfirmation(given(request.confirm_deletion, query.confirm_deletion));
      const wanted = given(request.backup_before_delete, query.backup_before_delete);
      const backupFirst = wanted ?? manager.config.backup_enabled;
      return deleteModel(services, manager, by, { name: path.model_name, backupFirst });
    });
    return {
      status: 200,
      body: {
        message: 'Model deleted successfully',
        model_name: path.model_name,
        backup_created: backup !== undefined,
        backup_path: backup ? backupPath(backup) : null,
      },
    };
  },
});
