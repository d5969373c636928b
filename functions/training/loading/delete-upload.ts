import { z } from 'zod';
import { uploadedName } from '#domain/encoders/catalogue.ts';
import { deleteUpload } from '#domain/encoders/uploads.ts';
import { route } from '#functions/http/route.ts';
import { ModelNotFoundError } from '../errors.ts';
import { modelName } from '../fields.ts';
import { uploadName } from './upload.ts';

const answer = z
  .strictObject({ message: z.string(), model_name: modelName.meta({ example: 'uploads/my-bert' }) })
  .meta({ id: 'EncoderDeleted' });

export const deleteEncoder = route({
  method: 'DELETE',
  path: '/model-loading/uploads/{name}',
  summary: 'Delete an uploaded encoder',
  description: 'An addition. Versions that were trained from it stay.',
  tags: ['Loading'],
  authentication: 'operator',
  scope: 'train',
  cost: 'request',
  request: { path: z.strictObject({ name: uploadName }) },
  responses: { 200: { description: 'Deleted', schema: answer } },
  errors: [404],
  async handler({ caller: { accountId }, path: { name } }, { adapters: { table, now } }) {
    const model_name = uploadedName(name);
    if (await deleteUpload(table, accountId, name, now())) {
      return { status: 200, body: { message: `Model ${model_name} deleted`, model_name } };
    }
    throw new ModelNotFoundError(`Model ${model_name} not found`);
  },
});
