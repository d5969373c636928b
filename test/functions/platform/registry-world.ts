/** A platform with an account, and models of it. */
import type { Model } from '#domain/models/record.ts';
import { openPlatform, type Platform } from './harness.ts';
import { completed, ready, running, uploaded } from './records.ts';

export interface RegistryWorld {
  readonly platform: Platform;
  readonly token: string;
  /** A model of the name, after a training with these hyperparameters. */
  train(name: string, given?: Partial<Model>, hyperparameters?: Readonly<Record<string, unknown>>): Promise<Model>;
  close(): Promise<void>;
}

export async function openRegistry(...options: Parameters<typeof openPlatform>): Promise<RegistryWorld> {
  const platform = await openPlatform(...options);
  const token = await platform.login();
  return {
    platform,
    token,
    async train(name, given = {}, hyperparameters = {}) {
      const dataset = await ready(platform, await uploaded(platform, token));
      const json = { dataset_id: dataset.id, model_type: 'mlp', name, hyperparameters };
      const { body } = await platform.call({ method: 'POST', path: '/training/start', token, json });
      platform.clock.now += 1000;
      const job = await running(platform, dataset.account_id, body.job_id);
      return completed(platform, job, Buffer.from('model'), given);
    },
    close: () => platform.close(),
  };
}
