/** Stock clients of the Open Inference Protocol, and other runtimes with a model's file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { useHost } from '#test/e2e/use-host.ts';
import { User } from '#test/e2e/user.ts';
import { printedIn } from './printed.ts';
import { run } from './run.ts';

const world = useHost();

describe("Triton's client for Python, as it is", () => {
  let key: string;
  let model: string;
  let batch: string;
  beforeAll(async () => {
    const user = await User.register(world);
    const { id: dataset_id } = await user.uploadPenguins();
    const job = { dataset_id, model_type: 'mlp', name: 'penguins', hyperparameters: { epochs: 5 } };
    const { job_id } = await user.client.post<{ job_id: string }>('/training/start', job);
    await user.jobIs(job_id, ({ status }) => status === 'completed');
    model = (await user.results(job_id)).model_id;
    const wanted = { dataset_id, probabilities: true };
    const { batch_id } = await user.client.post<{ batch_id: string }>(`/models/${model}/predict/batch`, wanted);
    await user.until(
      () => user.client.get<{ status: string }>(`/predictions/batch/${batch_id}`),
      ({ status }) => status === 'completed',
    );
    batch = batch_id;
    key = (await user.client.post<{ key: string }>('/account/api-keys', { name: 'triton', scope: 'read' })).key;
  });

  test('gets what ONNX Runtime computes from the file, as a batch prediction does', async () => {
    const program = readFileSync(join(import.meta.dirname, 'inference.py.txt'), 'utf8');
    const filled = program.replace('$KEY', key).replace('$MODEL', model).replace('$BATCH', batch);
    const { code, stdout, stderr } = await run(world, 'python', filled);
    expect([code, stdout, stderr]).toEqual([0, 'all as expected\n', '']);
  });

  test('runs the program of docs/models.md', async () => {
    const program = printedIn('docs/models.md', 'python').find((one) => one.includes('tritonclient'))!;
    const { code, stdout, stderr } = await run(world, 'python', program.replace('ty_…', key));
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^\[b'(Adelie|Chinstrap|Gentoo)'\] \[\[[\d. e-]+\]\]\n$/);
  });
});
