import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { newId } from '#domain/ids.ts';
import { isoTime } from '#domain/times.ts';
import { ManagerExistsError } from '#domain/vault/errors.ts';
import type { ManagerConfig } from '#domain/vault/manager.ts';
import { createManager } from '#domain/vault/managers.ts';
import { managerId } from '#domain/vault/names.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { derivationOf } from '#vault/wrapping/derivation.ts';
import { appendFailure } from '../audited.ts';
import { actorOf, tags, time } from '../fields.ts';
import { completeConfig, config, configRequest } from './fields.ts';

const body = z.strictObject({ manager_id: managerId, config: configRequest.prefault({}) }).meta({ id: 'NewManager' });

export const create = route({
  method: 'POST',
  path: '/api/model-manager/create',
  summary: 'Create a manager',
  tags: tags.managers,
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: { body: json(body) },
  responses: {
    201: {
      description: 'Created',
      schema: z
        .strictObject({
          message: z.string().meta({ example: 'Manager created successfully' }),
          manager_id: z.string().meta({ example: 'manager_prod' }),
          config,
          created_at: time,
          storage_path: z.string().meta({ example: './models/production' }),
        })
        .meta({ id: 'ManagerCreated' }),
    },
  },
  errors: [409],
  async handler(input, services) {
    const { adapters, settings } = services;
    const { caller, body: given } = input;
    const complete = completeConfig(given.config, settings);
    expectDerivable(complete);
    const created = {
      id: given.manager_id,
      account_id: caller.accountId,
      vault: newId(adapters.now()),
      config: complete,
      created_at: isoTime(adapters.now()),
      models: 0,
      bytes: 0,
      revision_bytes: 0,
      encrypted: 0,
      compressed: 0,
      changes: 0,
      served: 0,
    };
    const by = actorOf(input);
    try {
      await createManager(adapters.table, created, by, adapters.now);
    } catch (error) {
      // The trail of the one that there is.
      if (error instanceof ManagerExistsError) {
        await appendFailure(services, created, by, { action: 'manager_create' }, error);
      }
      throw error;
    }
    return {
      status: 201,
      body: {
        message: 'Manager created successfully',
        manager_id: created.id,
        config: complete,
        created_at: created.created_at,
        storage_path: complete.model_path,
      },
    };
  },
});

/** Parameters that cannot be used are refused now, not at the first save. Throws `ValidationError` with fields of the body. */
function expectDerivable(config: ManagerConfig): void {
  try {
    derivationOf(config);
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const details = error.details.map(({ field, message }) => ({ field: `config.${field}`, message }));
    throw new ValidationError(details, error.message);
  }
}
