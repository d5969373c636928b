/** A person with an account, and what they do in more than one test. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from '#infra/embedded/demo/client.ts';

const POLL_MS = 50;

export interface JobStatus {
  readonly status: string;
  readonly progress: number;
  readonly current_epoch: number;
}

let people = 0;

export class User {
  readonly client: Client;

  constructor(client: Client) {
    this.client = client;
  }

  static async register(base: string): Promise<User> {
    const client = new Client(base);
    const username = `person${process.pid}x${++people}`;
    const password = 'correct horse';
    await client.post('/auth/register', { username, email: `${username}@example.com`, password, full_name: 'P' });
    const { access_token } = await client.post<{ access_token: string }>('/auth/login', { username, password });
    client.useToken(access_token);
    return new User(client);
  }

  /** Uploads and waits until it is `ready` or `failed`. */
  async upload(csv: string, fields: Readonly<Record<string, string>> = {}) {
    const form = new FormData();
    form.append('file', new File([csv], 'data.csv', { type: 'text/csv' }));
    form.append('name', 'data');
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    const { id } = await this.client.post<{ id: string }>('/datasets/upload', form);
    return this.until(
      () => this.client.get<{ id: string; status: string; error?: unknown }>(`/datasets/${id}`),
      (dataset) => dataset.status !== 'processing',
    );
  }

  async uploadPenguins() {
    return this.upload(readFileSync('infra/embedded/demo/penguins.csv', 'utf8'), { target: 'species' });
  }

  async train(datasetId: string, hyperparameters: Readonly<Record<string, unknown>>): Promise<string> {
    const body = { dataset_id: datasetId, model_type: 'mlp', hyperparameters };
    return (await this.client.post<{ job_id: string }>('/training/start', body)).job_id;
  }

  status(jobId: string): Promise<JobStatus> {
    return this.client.get<JobStatus>(`/training/status/${jobId}`);
  }

  /** Waits until the job is in a state that satisfies. */
  jobIs(jobId: string, satisfies: (status: JobStatus) => boolean): Promise<JobStatus> {
    return this.until(() => this.status(jobId), satisfies);
  }

  results(jobId: string) {
    return this.client.get<{ model_id: string; final_metrics: unknown; training_history: unknown }>(
      `/training/results/${jobId}`,
    );
  }

  /** There is nothing to be told by over HTTP yet, so it asks again and again. */
  async until<T>(read: () => Promise<T>, satisfies: (value: T) => boolean): Promise<T> {
    for (;;) {
      const value = await read();
      if (satisfies(value)) return value;
      await pause(POLL_MS);
    }
  }
}
