import { z } from 'zod';
import { extendUpload, findCompletedUpload } from '#domain/vault/ended-uploads.ts';
import { joinParts, stagedModel } from '#domain/vault/staged.ts';
import { findVaultUpload } from '#domain/vault/uploads.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { uploadedParts } from '#functions/http/upload-fields.ts';
import { auditFailure, auditSuccess } from '../audited.ts';
import { actorOf, readManager, tags } from '../fields.ts';
import { runOrQueue } from '../jobs/run-or-queue.ts';
import { PostponedError } from '../jobs/work.ts';
import type { FileServices } from '../services.ts';
import { uploadPath } from '../upload-fields.ts';
import { earlyFiles } from './early-files.ts';
import { modelGoingOn, modelProgress, showModelGoing } from './fields.ts';
import { savedAnswer, saveFields } from './save.ts';
import { signingOf } from './sign.ts';
import { uploadWork } from './upload-work.ts';

const { digital_signature, signing_key } = saveFields;

const body = z
  .strictObject({
    parts: uploadedParts,
    digital_signature,
    signing_key,
  })
  .meta({ id: 'ModelUploadCompletion' });

export const completeUpload = route({
  method: 'POST',
  path: '/api/model-manager/{manager_id}/models/uploads/{upload_id}/complete',
  summary: 'Save a model whose parts have been uploaded',
  description:
    'An addition to the document. The file is encrypted, and what was staged is deleted. A large model outlasts the request. Repeated within the hour, it has the same answer.',
  tags: tags.models,
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: { path: uploadPath, body: json(body) },
  responses: {
    201: { description: 'Saved', schema: savedAnswer },
    202: { description: 'Going on: repeat the request until it has the end', schema: modelGoingOn },
  },
  errors: [409, 422],
  resource: readManager,
  async handler(input, services: FileServices) {
    const { resource: manager, path, body: given } = input;
    const { table, blobs, now } = services.adapters;
    const by = actorOf(input);
    const upload = await findVaultUpload(table, manager, path.upload_id, now());
    const access = { action: 'model_save', ...(upload === undefined ? {} : { model_name: upload.name }) } as const;
    const { sign, signingKey } = signingOf(given);
    const wanted = {
      kind: 'save',
      request: { upload_id: path.upload_id, sign },
      secrets: signingKey === undefined ? {} : { signing_key: signingKey },
      // Of one whose file is made already, there is hardly anything left to do.
      bytes: upload === undefined || earlyFiles.has(upload.id) ? 0 : upload.file_size,
    } as const;
    const outcome = await auditFailure(services, manager, by, access, () =>
      runOrQueue(services, manager, by, wanted, {
        read: uploadWork.read,
        run: async (_, asked, __, pace) => {
          try {
            if (upload) await joinParts(blobs.artifacts, stagedModel(manager, upload.id), upload, given.parts);
            return await uploadWork.run(services, asked, undefined, pace);
          } catch (error) {
            // Of several completions at once one saves the model.
            const done = await findCompletedUpload(table, manager, path.upload_id, now());
            if (done === undefined || error instanceof PostponedError) throw error;
            return uploadWork.read(done.answer);
          }
        },
      }),
    );
    if ('going' in outcome) {
      // Whoever goes on may be another process.
      void earlyFiles.drop(services, path.upload_id);
      await extendUpload(table, manager, { id: path.upload_id, kind: 'model' }, now());
      return { status: 202, body: showModelGoing(modelProgress.parse(outcome.going).model_name) };
    }
    // The entry of the save is written with it.
    if (!upload) {
      const model_name = outcome.done.model_name;
      await auditSuccess(services, manager, by, {
        action: 'model_upload',
        model_name,
        facts: { upload_id: path.upload_id },
      });
    }
    return { status: 201, body: outcome.done };
  },
});
