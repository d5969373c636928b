import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import type { TrainingFile } from '#domain/training-data/record.ts';
import { bytes } from '#functions/http/body/bytes.ts';
import { route } from '#functions/http/route.ts';
import { time } from '../fields.ts';
import { expectFileName, FOLDER, formatOf, PATTERNS } from './paths.ts';
import { storeTexts } from './write.ts';

export const fileAnswer = z
  .strictObject({
    name: z.string().meta({ example: 'new_data.jsonl' }),
    path: z.string().meta({ description: 'As a `training_data_path`', example: `${FOLDER}new_data.jsonl` }),
    size: z.int().meta({ description: 'Bytes', example: 1024 }),
    rows: z.int().meta({ example: 20 }),
    sha256: z.string(),
    dataset_id: z.uuid().meta({ description: 'The dataset of the platform with these bytes' }),
    updated_at: time,
  })
  .meta({ id: 'TrainingFile' });

export const showFile = (of: TrainingFile): z.input<typeof fileAnswer> => ({ ...of, path: `${FOLDER}${of.name}` });

const name = z.string().meta({
  description: 'Below `training_data/`',
  minLength: 1,
  maxLength: LIMITS.trainingFileName.max,
  pattern: PATTERNS.name,
  example: 'new_data.jsonl',
});

export const upload = route({
  method: 'PUT',
  path: '/training-data/{name}',
  summary: 'Upload a file of labelled texts',
  description:
    'An addition. JSON Lines with `text` and `label`, or CSV or Parquet with columns of these names; the name ends in `.jsonl`, `.ndjson`, `.csv` or `.parquet`. It is read to its end at once. A file of this name is replaced; models that were trained on it keep their data.',
  tags: ['Training data'],
  authentication: 'operator',
  scope: 'train',
  cost: 'request',
  request: {
    path: z.strictObject({ name }),
    body: bytes(
      ['application/x-ndjson', 'application/jsonl', 'text/csv', 'text/plain', 'application/vnd.apache.parquet'],
      'The file',
    ),
  },
  responses: { 200: { description: 'Stored', schema: fileAnswer } },
  resource: ({ path }) => {
    const name = expectFileName(path.name, 'name');
    formatOf(name, 'name');
    return name;
  },
  async handler({ caller, resource: name, body }, services) {
    const file = await storeTexts(services, caller.accountId, { name, content: body });
    return { status: 200, body: showFile(file) };
  },
});
