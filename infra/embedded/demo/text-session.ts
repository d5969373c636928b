/** The training service over HTTP, as whoever works at the machine calls it: samples, upload, training, predictions. */
import { setTimeout as pause } from 'node:timers/promises';
import { answer, makeClient } from '#client/client.ts';
import type { components, paths } from '#client/training/schema.ts';
import type { Terminal } from './terminal.ts';
import { labelledTexts, unseenTexts } from './texts.ts';

const POLL_MS = 150;
const NAME = 'demo.jsonl';

type Client = ReturnType<typeof makeClient<paths>>;

/** Resolves with how many of the unseen texts it classified rightly. */
export async function runTextSession(base: string, terminal: Terminal): Promise<number> {
  const client = makeClient<paths>(base);
  const { available_models } = await answer(client.GET('/models/available'));
  terminal.step('Asked which models there are', available_models.join(', '));
  const { count, path } = await answer(client.POST('/create-sample-data'));
  terminal.step('Had sample data created', `${count} texts, ${path}`);

  const body = labelledTexts.map((row) => `${JSON.stringify(row)}\n`).join('');
  const uploaded = await fetch(`${base}/training-data/${NAME}`, { method: 'PUT', body });
  if (!uploaded.ok) throw new Error(`PUT /training-data/${NAME} answered ${uploaded.status}: ${await uploaded.text()}`);
  terminal.step('Uploaded texts of our own', `${labelledTexts.length} texts, five labels, ${NAME}`);

  const trained = await train(client, terminal, '/train', { num_epochs: 20 });
  const { f1_score: f1, roc_auc: auc, recall_at_1_percent_fpr: recall } = trained.metrics;
  const shown = (value: number | undefined): string => value?.toFixed(3) ?? 'not known';
  terminal.step(
    'Judged on texts kept back',
    `F1 ${shown(f1)}, ROC AUC ${shown(auc)}, recall at 1 % FPR ${shown(recall)}`,
  );

  const texts = unseenTexts.map(({ text }) => text);
  const { predictions } = await answer(client.POST('/predict', { body: { texts } }));
  const right = predictions.filter(({ label }, i) => label === unseenTexts[i]!.label).length;
  terminal.step('Classified unseen texts', `${right} of ${texts.length} correct`);
  for (const [i, { label, score }] of predictions.entries()) {
    terminal.say(`    ${label.padEnd(17)} ${score.toFixed(3)}  ${texts[i]}`);
  }

  await train(client, terminal, '/retrain', { num_epochs: 5, learning_rate: 0.002 });
  const { versions } = await answer(
    client.GET('/models/versions/{model_name}', { params: { path: { model_name: 'compact-text' } } }),
  );
  terminal.step('Listed its versions', versions.map(({ version }) => version).join(', '));
  return right;
}

type Result = components['schemas']['JobResult'];

async function train(client: Client, terminal: Terminal, path: '/train' | '/retrain', config: object): Promise<Result> {
  const body = { model_name: 'compact-text', training_data_path: NAME, config: { ...config } };
  const { job_id, model_name } = await answer(client.POST(path, { body }));
  terminal.step(path === '/train' ? 'Started a training job' : 'Trained it further', model_name);
  for (;;) {
    const job = await answer(client.GET('/jobs/{job_id}', { params: { path: { job_id } } }));
    const { current_epoch, total_epochs, current_loss, best_metric } = job;
    const numbers =
      current_loss === null ? job.status : `loss ${current_loss.toFixed(3)}, best F1 ${best_metric?.toFixed(3)}`;
    terminal.progress(job.progress, `epoch ${current_epoch}/${total_epochs}  ${numbers}`);
    if (job.result) return job.result;
    if (job.status !== 'queued' && job.status !== 'running') throw new Error(`the job is ${job.status}: ${job.error}`);
    await pause(POLL_MS);
  }
}
