import { z } from 'zod';
import { isoTime } from '#domain/times.ts';
import { WrongPasswordError } from '#domain/vault/errors.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { auditFailure } from '../audited.ts';
import { actorOf, managerPath, password as passwordField, readManager, tags, time } from '../fields.ts';
import { throttled } from '../guess.ts';
import { rotate } from './rotate.ts';

const body = z
  .strictObject({
    old_password: passwordField.meta({ example: 'old_secure_password' }),
    new_password: passwordField.meta({ example: 'new_secure_password' }),
    rotate_model_keys: z.boolean().default(false).meta({
      description: 'Makes new keys as well, and encrypts the files anew',
    }),
  })
  .meta({ id: 'PasswordUpdateRequest' });

const answer = z
  .strictObject({
    message: z.string().meta({ example: 'Password updated successfully' }),
    manager_id: z.string().meta({ example: 'manager_prod' }),
    status: z.enum(['completed', 'in_progress']),
    rotated: z.int(),
    skipped: z.int().meta({ description: 'Those without a password, and those that neither password opens' }),
    failed: z.int(),
    remaining: z.int(),
    updated_at: time,
  })
  .meta({ id: 'PasswordUpdated' });

/** How long a request waits; less than a function may take. */
const WAIT_MS = 20_000;

export const password = route({
  method: 'PUT',
  path: '/api/model-manager/{manager_id}/security/password',
  summary: 'Change the password of models',
  description:
    'Wraps anew the key of every model that the old password opens. What does not end within the request goes on (202); the same request tells how far it is, and finishes it after a crash.',
  tags: tags.security,
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  request: { path: managerPath, body: json(body) },
  responses: {
    200: { description: 'Done', schema: answer },
    202: { description: 'Going on', schema: answer },
  },
  errors: [429],
  resource: readManager,
  async handler(input, services) {
    const { resource: manager, body: given } = input;
    const { adapters } = services;
    const by = actorOf(input);
    const change = async () => {
      const passwords = { old: given.old_password, new: given.new_password };
      const options = { newKeys: given.rotate_model_keys, milliseconds: WAIT_MS };
      const reached = await rotate(services, manager, by, passwords, options);
      if (reached.done && reached.rotated === 0 && reached.refused > 0) {
        throw new WrongPasswordError({ manager_id: manager.id }, 'The old password opens none of the models');
      }
      return { ...reached };
    };
    const what = `${manager.account_id}#${manager.vault}#rotation`;
    const progress = await auditFailure(services, manager, by, { action: 'password_update' }, () =>
      throttled(services, what, by, change),
    );
    const done = progress.done;
    const shown = {
      message: done
        ? 'Password updated successfully'
        : 'The password is being updated; repeat the request to see how far',
      manager_id: manager.id,
      rotated: progress.rotated,
      skipped: progress.skipped,
      failed: progress.failed,
      remaining: progress.left,
      updated_at: isoTime(adapters.now()),
    };
    return done
      ? { status: 200, body: { ...shown, status: 'completed' } }
      : { status: 202, body: { ...shown, status: 'in_progress' } };
  },
});
