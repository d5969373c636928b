/** Something to call: whatever is in `${…}` in schemathesis.toml. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { answer, type Credentials, makeClient } from '#client/client.ts';
import type { paths } from '#client/platform/schema.ts';
import { prepareTraining } from './prepare-training.ts';
import { prepareVault } from './prepare-vault.ts';

const POLL_MILLISECONDS = 100;

type Client = ReturnType<typeof makeClient<paths>>;

/** The folder receives files of which the requests are made. The operator is the first who registers. */
export async function prepare(
  bases: Readonly<Record<string, string>>,
  folder: string,
): Promise<Readonly<Record<string, string>>> {
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
  const models = [await train(), await train(), await train(), await train(), await train()] as const;
  const [{ job, model }, { model: other }, { model: spare }, , { model: unnamed }] = models;
  const { name } = await answer(client.GET('/models/{model_id}', { params: { path: { model_id: model } } }));
  // A model with an alias is not deleted, whichever way.
  for (const [alias, model_id] of [
    ['kept', model],
    ['champion', model],
    ['kept-too', other],
    ['challenger', spare],
  ] as const) {
    const params = { path: { name, alias } };
    await answer(client.PUT('/models/by-name/{name}/aliases/{alias}', { params, body: { model_id } }));
  }
  const predict = async () => {
    const params = { path: { model_id: model } };
    const { batch_id } = await answer(
      client.POST('/models/{model_id}/predict/batch', { params, body: { dataset_id: dataset } }),
    );
    const path = { batch_id };
    const status = async () => (await answer(client.GET('/predictions/batch/{batch_id}', { params: { path } }))).status;
    while ((await status()) !== 'completed') await pause(POLL_MILLISECONDS);
    return batch_id;
  };
  const logged = await answer(
    client.POST('/models/{model_id}/predict', {
      params: { path: { model_id: model } },
      body: { input: ['Biscoe', 45, 15, 215, 5000, 'male', 2008], log: true },
    }),
  );
  const { inputs } = await answer(client.GET('/oip/v2/models/{name}', { params: { path: { name } } }));
  const tensors = inputs.map(({ name: input, datatype }) => ({
    ...{ name: input, datatype, shape: [1, 1] },
    data: [datatype === 'BYTES' ? 'Biscoe' : 1],
  }));
  const webhook = await answer(client.POST('/webhooks', { body: { url: NOBODY, events: ['model.deleted'] } }));
  const tested = client.POST('/webhooks/{webhook_id}/test', { params: { path: { webhook_id: webhook.id } } });
  return {
    ...(await prepareVault(bases.manager!, credentials, folder)),
    ...(await prepareTraining(bases.training!, credentials)),
    TOKEN: credentials.token,
    DATASET: dataset,
    JOB: job,
    MODEL: model,
    OTHER_MODEL: other,
    MODEL_NAME: name,
    PREDICTION: logged.prediction_id!,
    WEBHOOK: webhook.id,
    DELIVERY: (await answer(tested)).delivery_id,
    UPLOAD: (await answer(client.POST('/datasets/uploads', { body: { name: 'Parts', file_size: 100 } }))).upload_id,
    IMPORT: (
      await answer(client.POST('/models/import/uploads', { body: { file_name: 'weights.pth', file_size: 100 } }))
    ).upload_id,
    MEMBER: await member(client),
    SPARE_DATASET: await upload(),
    SPARE_MODEL: spare,
    UNNAMED_MODEL: unnamed,
    BATCH: await predict(),
    SPARE_BATCH: await predict(),
    TENSORS: JSON.stringify(tensors),
  };
}

/** A port at which nobody receives. */
const NOBODY = 'http://127.0.0.1:9/trainyard';

/** Another user of the same account. */
async function member(client: Client): Promise<string> {
  const { token } = await answer(client.POST('/account/invitations', { body: { role: 'viewer' } }));
  const body = { username: 'member', email: 'member@example.com', password: 'correct horse', full_name: 'Member' };
  return (await answer(client.POST('/auth/register', { body: { ...body, invitation: token } }))).id;
}

const penguins = () => ({
  file: new File([readFileSync('infra/embedded/demo/penguins.csv')], 'penguins.csv', { type: 'text/csv' }),
  name: 'Penguins',
  target: 'species',
});
