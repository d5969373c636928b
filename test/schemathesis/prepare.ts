/** Something to call: whatever is in `${…}` in schemathesis.toml. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { answer, type Credentials, makeClient } from '#client/client.ts';
import type { paths } from '#client/platform/schema.ts';

const POLL_MILLISECONDS = 100;

/** The operator is the first who registers. */
export async function prepare(bases: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>> {
  const credentials: Credentials = {};
  const client = makeClient<paths>(bases.platform!, credentials);
  const [username, password] = ['operator', 'correct horse'];
  const registration = { username, password, email: 'operator@example.com', full_name: 'Operator' };
  await answer(client.POST('/auth/register', { body: registration }));
  credentials.token = (await answer(client.POST('/auth/login', { body: { username, password } }))).access_token;

  const upload = async () => (await answer(client.POST('/datasets/upload', { body: penguins() }))).id;
  const dataset = await upload();
  const train = async () => {
    const body = { dataset_id: dataset, model_type: 'mlp' as const, hyperparameters: { epochs: 3 } };
    const path = await answer(client.POST('/training/start', { body }));
    const status = async () => (await answer(client.GET('/training/status/{job_id}', { params: { path } }))).status;
    while ((await status()) !== 'completed') await pause(POLL_MILLISECONDS);
    const { model_id } = await answer(client.GET('/training/results/{job_id}', { params: { path } }));
    return { job: path.job_id, model: model_id };
  };
  const subscribe = async () => {
    const body = { url: 'https://example.com/trainyard', events: ['*' as const] };
    return (await answer(client.POST('/webhooks', { body }))).id;
  };
  const { job, model } = await train();
  const { name } = await answer(client.GET('/models/{model_id}', { params: { path: { model_id: model } } }));
  return {
    TOKEN: credentials.token,
    DATASET: dataset,
    JOB: job,
    MODEL: model,
    MODEL_NAME: name,
    WEBHOOK: await subscribe(),
    UPLOAD: (await answer(client.POST('/datasets/uploads', { body: { name: 'Parts', file_size: 100 } }))).upload_id,
    SPARE_DATASET: await upload(),
    SPARE_MODEL: (await train()).model,
    SPARE_WEBHOOK: await subscribe(),
  };
}

const penguins = () => ({
  file: new File([readFileSync('infra/embedded/demo/penguins.csv')], 'penguins.csv', { type: 'text/csv' }),
  name: 'Penguins',
  target: 'species',
});
