/** Trains and asks the training service of a running host. */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { sample } from '#functions/training/training-data/sample.ts';

export interface Labelled {
  readonly text: string;
  readonly label: string;
}

const POLL_MS = 2000;
/** Texts of a request. */
const TOGETHER = 8;

const started = z.object({ job_id: z.string() });
const job = z.object({
  ...{ status: z.string(), progress: z.number(), error: z.string().optional() },
  best_metric: z.number().nullable(),
});
const predicted = z.object({
  predictions: z.array(z.object({ label: z.string(), is_attack: z.boolean().nullable() })),
});
const overDefence = z.object({ texts: z.number(), taken_for_attacks: z.number() });
const model = z.object({ evaluation: z.object({ over_defence: overDefence }) });
const judged = z.object({ evaluation: z.object({ accuracy: z.number() }) });
const labelled = z.object({ text: z.string(), label: z.string() });

export interface Service {
  upload(name: string, texts: readonly Labelled[]): Promise<void>;
  /** The service's examples of attacks. */
  samples(): Promise<readonly Labelled[]>;
  /**
   * Resolves with the seconds from the request to the model.
   * @param watch is called now and then with the job's id
   */
  train(model: string, file: string, config: object, watch?: (job: string) => void): Promise<number>;
  /** What the model's latest version takes each of the texts for. */
  labels(model: string, texts: readonly string[]): Promise<readonly string[]>;
  /** How its latest version was judged by the texts that its training kept back. */
  evaluation(model: string): Promise<{ readonly accuracy: number }>;
  /** How many of the harmless texts with words that attacks have its latest version takes for attacks. */
  overDefence(model: string): Promise<{ readonly texts: number; readonly taken_for_attacks: number }>;
  /** The share of texts that it takes for attacks. */
  attacks(model: string, texts: readonly string[]): Promise<number>;
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
    async upload(name, texts) {
      await call('PUT', `/training-data/${name}`, texts.map((mail) => `${JSON.stringify(mail)}\n`).join(''));
    },
    async train(model_name, training_data_path, config, watch) {
      const began = performance.now();
      const { job_id } = started.parse(await call('POST', '/train', { model_name, training_data_path, config }));
      for (;;) {
        const { status, error, progress, best_metric: best } = job.parse(await call('GET', `/jobs/${job_id}`));
        watch?.(job_id);
        process.stderr.write(
          `\r${model_name}: ${status}, ${Math.round(progress)} %${best === null ? '' : `, best ${best.toFixed(4)}`} `,
        );
        if (status === 'completed') break;
        if (status === 'failed') throw new Error(`the training of ${model_name} failed: ${error}`);
        await delay(POLL_MS);
      }
      process.stderr.write('\n');
      return (performance.now() - began) / 1000;
    },
    samples: async () =>
      sample.bytes
        .toString()
        .trim()
        .split('\n')
        .map((row) => labelled.parse(JSON.parse(row))),
    overDefence: async (name) => model.parse(await call('GET', `/models/${name}`)).evaluation.over_defence,
    async attacks(model_name, texts) {
      const { predictions } = predicted.parse(await call('POST', '/predict', { model_name, texts }));
      return predictions.filter(({ is_attack }) => is_attack).length / texts.length;
    },
    async labels(model_name, texts) {
      const labels: string[] = [];
      for (let from = 0; from < texts.length; from += TOGETHER) {
        const body = { model_name, texts: texts.slice(from, from + TOGETHER) };
        const { predictions } = predicted.parse(await call('POST', '/predict', body));
        labels.push(...predictions.map(({ label }) => label));
      }
      return labels;
    },
    evaluation: async (name) => judged.parse(await call('GET', `/models/${name}`)).evaluation,
  };
}
