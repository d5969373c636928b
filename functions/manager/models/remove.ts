import { z } from 'zod';
import { findModel } from '#domain/vault/models.ts';
import { optionalJson } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { auditFailure } from '../audited.ts';
import { goingOn, showGoing } from '../backup/fields.ts';
import { backupQuery, confirmationBody, confirmationQuery, given, requireConfirmation } from '../confirmation.ts';
import { actorOf, modelPath, readManager, tags } from '../fields.ts';
import { runOrQueue } from '../jobs/run-or-queue.ts';
import { deletionProgress, deletionWork } from './deletion-work.ts';

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
    202: { description: 'Its last backup goes on: repeat the request to see how far', schema: goingOn },
  },
  errors: [409, 422],
  resource: readManager,
  async handler(input, services) {
    const { resource: manager, path, query, body: request } = input;
    const by = actorOf(input);
    const access = { action: 'model_delete', model_name: path.model_name } as const;
    const outcome = await auditFailure(services, manager, by, access, async () => {
      requireConfirmation(given(request.confirm_deletion, query.confirm_deletion));
      const backup = given(request.backup_before_delete, query.backup_before_delete) ?? manager.config.backup_enabled;
      const found = backup ? await findModel(services.adapters.table, manager, path.model_name) : undefined;
      const wanted = {
        kind: 'model_deletion',
        request: { model: path.model_name, backup },
        secrets: {},
        bytes: found?.size ?? 0,
      } as const;
      return runOrQueue(services, manager, by, wanted, deletionWork);
    });
    if ('going' in outcome) {
      const going = deletionProgress.parse(outcome.going);
      return { status: 202, body: showGoing(going.backup_name, going) };
    }
    const { backup_path } = outcome.done;
    return {
      status: 200,
      body: {
        message: 'Model deleted successfully',
        model_name: path.model_name,
        backup_created: backup_path !== null,
        backup_path,
      },
    };
  },
});
