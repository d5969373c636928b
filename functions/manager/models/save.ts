import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { reserveBytes } from '#domain/installation/storage.ts';
import { recordOperations } from '#domain/vault/accesses.ts';
import { megabytes } from '#domain/vault/model.ts';
import { modelName } from '#domain/vault/names.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { auditFailure } from '../audited.ts';
import { backUpSaved } from '../backup/back-up.ts';
import { actorOf, givenTags, managerPath, password, readManager, sizeMb, tags, time } from '../fields.ts';
import type { FileServices } from '../services.ts';
import { givenMetadata, int8Answer, metadataRequest } from './fields.ts';
import { showInt8 } from './int8.ts';
import { type Saved, saveModel } from './save-model.ts';
import { signingOf } from './sign.ts';

/** The format marks values that must never appear in a response or a log. */
const secret = z.string().meta({ format: 'password' });

export const saveFields = {
  model_name: modelName,
  password: password.optional().meta({
    description: 'Left out, the platform’s key wraps the model’s key',
    example: 'secure_password_123',
  }),
  metadata: metadataRequest.prefault({}),
  tags: givenTags.default([]),
  replace_existing: z.boolean().default(false),
  digital_signature: z.boolean().optional().meta({
    default: false,
    description: 'Left out, it is signed where there is a `signing_key`',
  }),
  signing_key: secret
    .max(16_384)
    .optional()
    .meta({ description: 'A private key as PEM, used and forgotten. Left out, the platform’s key signs' }),
};

const body = z
  .strictObject({
    ...saveFields,
    model_data: secret.min(1).meta({
      format: 'password',
      description: 'The file in Base64',
      pattern: '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$',
      example: 'bW9kZWw=',
    }),
  })
  .meta({ id: 'ModelSaveRequest' });

export const savedAnswer = z
  .strictObject({
    message: z.string().meta({ example: 'Model saved successfully' }),
    model_name: z.string().meta({ example: 'classifier_v2.1' }),
    model_id: z.string(),
    encrypted: z.boolean(),
    file_size_mb: sizeMb,
    hash: z.string().meta({ description: 'SHA-256 of the file, in hexadecimal' }),
    saved_at: time,
    backup_created: z.boolean(),
    int8: int8Answer,
    warnings: z.array(z.string()).meta({ description: 'An addition: what was asked for and could not be done' }),
  })
  .meta({ id: 'ModelSaved' });

export const showSaved = ({ model, warnings }: Saved, backup_created: boolean): z.input<typeof savedAnswer> => ({
  message: 'Model saved successfully',
  model_name: model.name,
  model_id: model.id,
  encrypted: model.encryption !== undefined,
  file_size_mb: megabytes(model.size),
  hash: model.sha256,
  saved_at: model.modified_at,
  backup_created,
  int8: showInt8(model),
  warnings: [...warnings],
});

export const save = route({
  method: 'POST',
  path: '/api/model-manager/{manager_id}/models/save',
  summary: 'Save a model',
  tags: tags.models,
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: { path: managerPath, body: json(body, undefined, { bound: (settings) => settings.uploadBytes }) },
  responses: { 201: { description: 'Saved', schema: savedAnswer } },
  errors: [409, 422],
  resource: readManager,
  async handler(input, services: FileServices) {
    const { resource: manager, body: given } = input;
    const { table, now } = services.adapters;
    const by = actorOf(input);
    const began = now();
    const access = { action: 'model_save', model_name: given.model_name } as const;
    const { model, warnings } = await auditFailure(services, manager, by, access, async () => {
      const bytes = decode(given.model_data);
      await reserveBytes(table, manager.account_id, bytes.length, services.settings.caps);
      return saveModel(services, manager, by, {
        name: given.model_name,
        bytes,
        password: given.password,
        metadata: givenMetadata(given.metadata),
        tags: given.tags,
        replace: given.replace_existing,
        ...signingOf(given),
      });
    });
    const backup_created = await backUpSaved(services, manager, by, model);
    await recordOperations(table, manager, { saves: 1, save_microseconds: (now() - began) * 1000 });
    return { status: 201, body: showSaved({ model, warnings }, backup_created) };
  },
});

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Decoding alone ignores what is not Base64, and bits that are of no byte (RFC 4648, section 3.5). Throws `ValidationError`. */
function decode(text: string): Uint8Array {
  const bytes = text.length % 4 === 0 && BASE64.test(text) ? Buffer.from(text, 'base64') : undefined;
  if (bytes === undefined || bytes.length !== Buffer.byteLength(text, 'base64')) {
    throw ValidationError.of('model_data', `must be Base64 with padding; got ${text.length} characters that are not`);
  }
  const end = text.slice(-4);
  if (Buffer.from(end, 'base64').toString('base64') === end) return bytes;
  const place = text.indexOf('=', text.length - 2);
  throw ValidationError.of(
    'model_data',
    `must be canonical Base64: character ${place} of ${text.length}, the last before the padding, has bits that are of no byte and must be 0; was the text cut or changed?`,
  );
}
