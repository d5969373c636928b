/** A user with an account, and what several tests do with it. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from './client.ts';
import type { World } from './world.ts';

export interface JobStatus {
  readonly status: string;
  readonly progress: number;
  readonly current_epoch: number;
}

export interface Dataset {
  readonly id: string;
  readonly status: string;
  readonly error?: unknown;
}

export interface Results {
  readonly model_id: string;
  readonly final_metrics: unknown;
  readonly training_history: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

export class User {
  readonly client: Client;
  readonly username: string;
  readonly password: string;
  readonly #pollMilliseconds: number;

  constructor(world: Pick<World, 'base' | 'pollMilliseconds'>, username: string, password: string) {
    this.client = new Client(world.base);
    this.username = username;
    this.password = password;
    this.#pollMilliseconds = world.pollMilliseconds;
  }

  /** With a new account, logged in. */
  static async register(world: Pick<World, 'base' | 'pollMilliseconds'>): Promise<User> {
    const username = `person${randomBytes(4).toString('hex')}`;
    const user = new User(world, username, 'correct horse');
    const email = `${username}@example.com`;
    await user.client.post('/auth/register', { username, email, password: user.password, full_name: 'P' });
    await user.login();
    return user;
  }

  async login(): Promise<void> {
    const { username, password } = this;
    const { access_token } = await this.client.post<{ access_token: string }>('/auth/login', { username, password });
    this.client.useToken(access_token);
  }

  /** Uploads and waits until it is `ready` or `failed`. */
  async upload(csv: string, fields: Readonly<Record<string, string>> = {}): Promise<Dataset> {
    return this.processed(await this.send(csv, fields));
  }

  /** Uploads and does not wait: the dataset's id. */
  async send(csv: string, fields: Readonly<Record<string, string>> = {}): Promise<string> {
    const form = new FormData();
    form.append('file', new File([csv], 'data.csv', { type: 'text/csv' }));
    form.append('name', 'data');
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    return (await this.client.post<{ id: string }>('/datasets/upload', form)).id;
  }

  /** Waits until it is `ready` or `failed`. */
  processed(datasetId: string): Promise<Dataset> {
    return this.until(
      () => this.client.get<Dataset>(`/datasets/${datasetId}`),
      (dataset) => dataset.status !== 'processing',
    );
  }

  async uploadPenguins(): Promise<Dataset> {
    return this.upload(readFileSync('infra/embedded/demo/penguins.csv', 'utf8'), { target: 'species' });
  }

  /** `more` fields of the request. */
  async train(datasetId: string, hyperparameters: Fields, more: Fields = {}): Promise<string> {
    const body = { dataset_id: datasetId, model_type: 'mlp', hyperparameters, ...more };
    return (await this.client.post<{ job_id: string }>('/training/start', body)).job_id;
  }

  status(jobId: string): Promise<JobStatus> {
    return this.client.get<JobStatus>(`/training/status/${jobId}`);
  }

  /** Waits until the job's status satisfies the predicate. */
  jobIs(jobId: string, satisfies: (status: JobStatus) => boolean): Promise<JobStatus> {
    return this.until(() => this.status(jobId), satisfies);
  }

  results(jobId: string): Promise<Results> {
    return this.client.get<Results>(`/training/results/${jobId}`);
  }

  /** Polls, because the API has no notifications yet. */
  async until<T>(read: () => Promise<T>, satisfies: (value: T) => boolean): Promise<T> {
    for (;;) {
      const value = await read();
      if (satisfies(value)) return value;
      await pause(this.#pollMilliseconds);
    }
  }
}
