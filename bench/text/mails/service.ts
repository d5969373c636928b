/** Trains and asks the training service of a running host. */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Mail } from './files.ts';

const POLL_MS = 2000;
/** Texts of a request. */
const TOGETHER = 8;

const started = z.object({ job_id: z.string() });
const job = z.object({ status: z.string(), progress: z.number(), error: z.string().optional() });
const predicted = z.object({ predictions: z.array(z.object({ label: z.string() })) });

export interface Service {
  upload(name: string, mails: readonly Mail[]): Promise<void>;
  /** Resolves with the seconds from the request to the model. */
  train(model: string, file: string, config: object): Promise<number>;
  /** The share of mails that the model's latest version labels rightly. */
  accuracy(model: string, mails: readonly Mail[]): Promise<number>;
}

export function serviceAt(base: string): Service {
  const call = async (method: string, path: string, body?: string | object): Promise<unknown> => {
    const type = typeof body === 'string' ? 'application/x-ndjson' : 'application/json';
    const response = await fetch(base + path, {
      method,
      headers: { 'content-type': type },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  return {
    async upload(name, mails) {
      await call('PUT', `/training-data/${name}`, mails.map((mail) => `${JSON.stringify(mail)}\n`).join(''));
    },
    async train(model_name, training_data_path, config) {
      const began = performance.now();
      const { job_id } = started.parse(await call('POST', '/train', { model_name, training_data_path, config }));
      for (;;) {
        const { status, error, progress } = job.parse(await call('GET', `/jobs/${job_id}`));
        process.stderr.write(`\r${model_name}: ${status}, ${Math.round(progress)} % `);
        if (status === 'completed') break;
        if (status === 'failed') throw new Error(`the training of ${model_name} failed: ${error}`);
        await delay(POLL_MS);
      }
      process.stderr.write('\n');
      return (performance.now() - began) / 1000;
    },
    async accuracy(model_name, mails) {
      let right = 0;
      for (let from = 0; from < mails.length; from += TOGETHER) {
        const some = mails.slice(from, from + TOGETHER);
        const body = { model_name, texts: some.map(({ text }) => text) };
        const { predictions } = predicted.parse(await call('POST', '/predict', body));
        right += some.filter(({ label }, i) => predictions[i]!.label === label).length;
      }
      return right / mails.length;
    },
  };
}
