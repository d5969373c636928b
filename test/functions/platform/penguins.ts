/** A real model on a platform: that of an earlier build, which has learned the penguins' species. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { blobKeys } from '#domain/blob-keys.ts';
import { findModel } from '#domain/models/read.ts';
import type { Model } from '#domain/models/record.ts';
import type { Platform } from './harness.ts';
import { completed, ready, running, uploaded } from './records.ts';

const file = (fixture: string): Buffer => readFileSync(new URL(`../../fixtures/models/${fixture}`, import.meta.url));

export const ONNX = file('with-job.onnx');
export const FILES = { 'model.onnx': ONNX, 'serving.json': file('with-job.serving.json') } as const;

/** The result of a training that has that name, on a dataset that is ready. */
export async function penguins(
  platform: Platform,
  token: string,
  name = 'penguins',
  files: Readonly<Record<string, Buffer>> = FILES,
): Promise<Model> {
  const { table, blobs } = platform.store;
  const dataset = await ready(platform, await uploaded(platform, token));
  const json = { dataset_id: dataset.id, model_type: 'mlp', name };
  const { body } = await platform.call({ method: 'POST', path: '/training/start', token, json });
  const job = await running(platform, dataset.account_id, body.job_id);
  const artifacts = Object.entries(files).map(([name, bytes]) => ({
    ...{ file: name, size: bytes.length },
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }));
  const model = await completed(platform, job, ONNX, { artifacts });
  for (const [name, bytes] of Object.entries(files)) {
    await blobs.artifacts.put(blobKeys.modelFile(model.account_id, model.id, name), bytes);
  }
  return (await findModel(table, model.account_id, model.id))!;
}
