/** A trained model of texts, and its job; and an uploaded encoder that may be deleted. */
import { setTimeout as pause } from 'node:timers/promises';
import { answer, type Credentials, makeClient } from '#client/client.ts';
import type { paths } from '#client/training/schema.ts';

const POLL_MILLISECONDS = 100;

export async function prepareTraining(
  base: string,
  credentials: Credentials,
): Promise<Readonly<Record<string, string>>> {
  const uploaded = await fetch(`${base}/model-loading/uploads/spare/vocab.txt`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${credentials.token}`, 'content-type': 'application/octet-stream' },
    body: 'a',
  });
  if (!uploaded.ok) throw new Error(`the upload answered ${uploaded.status}: ${await uploaded.text()}`);
  const client = makeClient<paths>(base, credentials);
  const body = {
    model_name: 'compact-text',
    training_data_path: '/app/training_data/sample_training_data.jsonl',
    config: { num_epochs: 1 },
  };
  const { job_id } = await answer(client.POST('/train', { body }));
  const params = { path: { job_id } };
  const status = async () => (await answer(client.GET('/jobs/{job_id}', { params }))).status;
  for (let now = await status(); now !== 'completed'; now = await status()) {
    if (now === 'failed' || now === 'stopped') throw new Error(`the training ${job_id} is ${now}`);
    await pause(POLL_MILLISECONDS);
  }
  return { TEXT_JOB: job_id };
}
