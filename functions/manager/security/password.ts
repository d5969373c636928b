import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { isoTime } from '#domain/times.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { auditFailure } from '../audited.ts';
import { actorOf, managerPath, password as passwordField, readManager, tags, time } from '../fields.ts';
import { runOrQueue } from '../jobs/run-or-queue.ts';
import { holdRotation } from './exclusive.ts';
import { type RotationProgress, rotationWork } from './work.ts';

const body = z
  .strictObject({
    old_password: passwordField.meta({ example: 'old_secure_password' }),
    new_password: passwordField.meta({ example: 'new_secure_password' }),
    rotate_model_keys: z.boolean().default(false).meta({
      description: 'Makes new keys as well, and encrypts the files anew. Only then may the new password be the old one',
    }),
  })
  .meta({ id: 'PasswordUpdateRequest' });

const answer = z
  .strictObject({
    message: z.string().meta({ example: 'Password updated successfully' }),
    manager_id: z.string().meta({ example: 'manager_prod' }),
    status: z.enum(['completed', 'in_progress']),
    rotated: z.int(),
    skipped: z.int().meta({
      description:
        'Those without a password, those that the old password does not open, and those that have the new one already',
    }),
    failed: z.int(),
    remaining: z.int(),
    revisions_rotated: z.int().meta({
      description: 'An addition: earlier revisions. Backups keep the password that they had',
    }),
    updated_at: time,
  })
  .meta({ id: 'PasswordUpdated' });

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
  errors: [409, 429],
  resource: readManager,
  async handler(input, services) {
    const { resource: manager, body: given } = input;
    const by = actorOf(input);
    const wanted = {
      kind: 'rotation',
      request: { rotate_model_keys: given.rotate_model_keys },
      secrets: { old: given.old_password, new: given.new_password },
      bytes: given.rotate_model_keys ? manager.bytes : 0,
    } as const;
    const outcome = await auditFailure(services, manager, by, { action: 'password_update' }, () => {
      expectChange(given);
      return runOrQueue(services, manager, by, wanted, { ...rotationWork, hold: holdRotation });
    });
    const at = isoTime(services.adapters.now());
    return 'done' in outcome
      ? { status: 200, body: show(outcome.done, manager.id, at, 'completed') }
      : { status: 202, body: show(rotationWork.read(outcome.going), manager.id, at, 'in_progress') };
  },
});

/** New keys under the same password are a rotation as well. Throws `ValidationError`. */
function expectChange({ old_password, new_password, rotate_model_keys }: z.output<typeof body>): void {
  if (rotate_model_keys || new_password !== old_password) return;
  throw ValidationError.of('new_password', 'must not be the old password, unless rotate_model_keys is true');
}

const MESSAGES = {
  completed: 'Password updated successfully',
  in_progress: 'The password is being updated; repeat the request to see how far',
} as const;

const SOME = 'Not every model could be updated: those that failed have the password that they had; see the audit trail';

/** Whatever the old password was, there was nothing that it could open. */
const NOTHING = 'No model has a password: nothing was updated, and the old password was not checked';

function messageOf(of: { readonly failed: number; readonly changed: number }, status: keyof typeof MESSAGES): string {
  if (status === 'completed' && of.failed > 0) return SOME;
  return status === 'completed' && of.changed === 0 ? NOTHING : MESSAGES[status];
}

const show = (
  { rotated, skipped, failed, left, revisions, already }: RotationProgress,
  manager_id: string,
  updated_at: string,
  status: keyof typeof MESSAGES,
): z.input<typeof answer> => ({
  message: messageOf({ failed, changed: rotated + revisions + already }, status),
  manager_id,
  status,
  rotated,
  skipped,
  failed,
  remaining: left,
  revisions_rotated: revisions,
  updated_at,
});
