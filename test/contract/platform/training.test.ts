import { beforeAll, describe, expect } from '@jest/globals';
import { useHost } from '#test/e2e/use-host.ts';
import { type Call, runExamples } from '../examples.ts';
import { integer, is, number, optional, text, time, uuid, words } from '../shape.ts';
import { ADDITIONS } from './additions.ts';
import { table, useUser } from './user.ts';

const world = useHost();
const scene = useUser(world);
const EPOCHS = 20;
let dataset: string;
let job: string;

/** The document's request: all of its fields, and the model type that there is for tables. */
const start = (epochs: number, more: { hyperparameters?: object; early_stopping?: object } = {}): Call => ({
  method: 'POST',
  path: '/training/start',
  token: scene.token,
  body: {
    dataset_id: dataset,
    model_type: 'mlp',
    validation_split: 0.2,
    early_stopping: { enabled: true, patience: EPOCHS, monitor: 'val_loss' },
    ...more,
    hyperparameters: { learning_rate: 0.001, batch_size: 32, epochs, optimizer: 'adam', ...more.hyperparameters },
  },
});
/** For minutes, however fast the machine is. */
const startLong = (): Call =>
  start(10_000, { hyperparameters: { hidden_layers: [1024, 1024] }, early_stopping: { enabled: false } });
const get = (path: string): Call => ({ method: 'GET', path, token: scene.token });
const started = { job_id: uuid, status: is('queued'), created_at: time, estimated_time: number, ...ADDITIONS.started };
const keep = (body: { job_id: string }): void => {
  job = body.job_id;
};
const names = (of: object): string[] => Object.keys(of).sort();

describe('the document’s training', () => {
  beforeAll(async () => {
    dataset = (await scene.user.upload(table(200), { dataset_type: 'classification' })).id;
  });

  describe('when a job is started', () => {
    runExamples(
      () => world.base,
      [{ name: 'POST /training/start', call: () => start(EPOCHS), status: 201, body: started, after: keep }],
    );
  });

  describe('when it has trained', () => {
    beforeAll(() => scene.user.jobIs(job, ({ status }) => status === 'completed' || status === 'failed'));

    const metrics = { loss: number, accuracy: number, val_loss: number, val_accuracy: number };
    const history = { loss: [number], accuracy: [number], val_loss: [number], val_accuracy: [number] } as const;

    runExamples(
      () => world.base,
      [
        {
          name: 'GET /training/status/{job_id}',
          call: () => get(`/training/status/${job}`),
          status: 200,
          body: {
            job_id: uuid,
            status: is('completed'),
            progress: is(100),
            current_epoch: is(EPOCHS),
            total_epochs: is(EPOCHS),
            metrics,
            started_at: time,
            elapsed_time: number,
            ...ADDITIONS.status,
          },
        },
        {
          name: 'GET /training/results/{job_id}',
          call: () => get(`/training/results/${job}`),
          status: 200,
          body: {
            job_id: uuid,
            status: is('completed'),
            model_id: uuid,
            final_metrics: { train_loss: number, train_accuracy: number, val_loss: number, val_accuracy: number },
            training_history: history,
            duration: number,
            completed_at: time,
            ...ADDITIONS.results,
          },
          after: ({ training_history }: { training_history: Record<string, readonly number[]> }) => {
            expect(names(training_history)).toEqual(names(history));
            for (const values of Object.values(training_history)) expect(values).toHaveLength(EPOCHS);
          },
        },
      ],
    );
  });

  describe('when a job is stopped', () => {
    runExamples(
      () => world.base,
      [
        { name: 'POST /training/start again', call: startLong, status: 201, body: started, after: keep },
        {
          name: 'POST /training/stop/{job_id}',
          call: () => ({ method: 'POST', path: `/training/stop/${job}`, token: scene.token }),
          status: 200,
          body: { job_id: uuid, status: is('stopped'), message: words },
        },
      ],
    );
  });

  describe('while five jobs are active', () => {
    runExamples(
      () => world.base,
      [
        ...[1, 2, 3, 4, 5].map((i) => ({
          name: `POST /training/start, ${i} of 5`,
          call: startLong,
          status: 201,
          body: started,
          after: keep,
        })),
        {
          name: 'GET /training/status/{job_id} of a job that waits or runs',
          call: () => get(`/training/status/${job}`),
          status: 200,
          body: {
            job_id: uuid,
            status: text,
            progress: number,
            current_epoch: integer,
            total_epochs: is(10_000),
            // Without metrics before the first epoch, and without a start while it waits.
            metrics: {
              loss: optional(number),
              accuracy: optional(number),
              val_loss: optional(number),
              val_accuracy: optional(number),
            },
            started_at: { type: 'a time, or null', accepts: (value) => value === null || time.accepts(value) },
            elapsed_time: number,
            ...ADDITIONS.status,
          },
        },
        {
          name: 'POST /training/start of a sixth',
          call: startLong,
          status: 429,
          body: { error: is('rate_limit_exceeded'), message: words, retry_after: integer },
          headers: { 'retry-after': /^\d+$/ },
        },
      ],
    );
  });
});
