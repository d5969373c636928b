import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import { InvalidCursorError } from '#domain/ports/errors.ts';
import { listTrainingFiles } from '#domain/training-data/read.ts';
import { route } from '#functions/http/route.ts';
import { fileAnswer, showFile } from './upload.ts';

const answer = z
  .strictObject({
    files: z.array(fileAnswer),
    next_cursor: z.string().nullable().meta({ description: 'The `cursor` of the next page; null at the end' }),
  })
  .meta({ id: 'TrainingFiles' });

export const list = route({
  method: 'GET',
  path: '/training-data',
  summary: 'List the files of labelled texts, by name',
  description: 'An addition.',
  tags: ['Training data'],
  authentication: 'operator',
  scope: 'read',
  cost: 'request',
  request: {
    query: z.strictObject({
      limit: z.int().min(1).max(LIMITS.pageSize).default(LIMITS.pageSize),
      cursor: z.string().min(1).max(1000).optional(),
    }),
  },
  responses: { 200: { description: 'One page', schema: answer } },
  async handler({ caller, query }, { adapters }) {
    try {
      const { files, cursor } = await listTrainingFiles(adapters.table, caller.accountId, query);
      return { status: 200, body: { files: files.map(showFile), next_cursor: cursor ?? null } };
    } catch (error) {
      if (!(error instanceof InvalidCursorError)) throw error;
      throw ValidationError.of('cursor', 'must be a next_cursor of this list');
    }
  },
});
