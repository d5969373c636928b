/**
 * One account that works on all surfaces, and remembers what it was told: everything that was acknowledged has to be there
 * in the end, as it was, and what was deleted has to be gone.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { PENGUIN } from '#test/penguin.ts';
import type { RunningHost } from '../e2e/running-host.ts';
import { Calls, UnansweredError } from './calls.ts';
import type { Chance } from './chance.ts';

const [HEADER = '', ...ROWS] = readFileSync('infra/embedded/demo/penguins.csv', 'utf8').trim().split('\n');
const PASSWORD = 'correct horse battery';
const VAULT_PASSWORD = 'a password of the vault';
const VAULT = '/api/model-manager';
const CATALOG = '/api/v1/models';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

interface Trained {
  readonly job: string;
  readonly model: string;
  readonly predicted: string;
}

export class Member {
  readonly name: string;
  readonly calls = new Calls();
  readonly #chance: Chance;
  /** By its id, the SHA-256 of its file. */
  readonly datasets = new Map<string, string>();
  readonly deleted: string[] = [];
  readonly jobs = new Set<string>();
  readonly trained = new Map<string, Trained>();
  /** By its name, the model's bytes in Base64. Two where a change was not answered. */
  readonly saved = new Map<string, readonly string[]>();
  readonly entries = new Map<string, readonly string[]>();
  readonly counts: Record<string, number> = {};
  unanswered = 0;
  #made = 0;

  constructor(name: string, chance: Chance) {
    this.name = name;
    this.#chance = chance;
  }

  async join(host: RunningHost, webhook: string): Promise<string> {
    this.calls.use(host);
    const account = {
      username: this.name,
      email: `${this.name}@example.com`,
      password: PASSWORD,
      full_name: this.name,
    };
    await this.#need('platform', 'POST', '/auth/register', account);
    await this.calls.login(this.name, PASSWORD);
    await this.#need('manager', 'POST', `${VAULT}/create`, {
      manager_id: this.name,
      config: { use_scrypt: false, key_iterations: 100_000, backup_interval_hours: 24 },
    });
    return (await this.#need('platform', 'POST', '/webhooks', { url: webhook, events: ['*'] })).body.secret;
  }

  async arrive(host: RunningHost): Promise<void> {
    this.calls.use(host);
    await this.calls.login(this.name, PASSWORD);
  }

  /** Something that a member of a team does. Rejects with `UnansweredError` where the host goes away meanwhile. */
  async act(): Promise<void> {
    const acts = [
      'upload',
      'train',
      'results',
      'predict',
      'predict',
      'save',
      'load',
      'replace',
      'entry',
      'edit',
      'look',
      'remove',
      'text',
    ] as const;
    const what = this.#chance.of(acts)!;
    try {
      await this[what]();
      this.counts[what] = (this.counts[what] ?? 0) + 1;
    } catch (error) {
      if (error instanceof UnansweredError) this.unanswered += 1;
      throw error;
    }
  }

  async upload(): Promise<void> {
    const rows = Array.from({ length: 120 }, () => this.#chance.of(ROWS)!);
    const bytes = Buffer.from(`${[HEADER, ...rows].join('\n')}\n`);
    const form = new FormData();
    form.append('file', new File([bytes], 'penguins.csv'));
    form.append('name', `penguins ${this.#next()}`);
    form.append('target', 'species');
    const { body } = await this.#need('platform', 'POST', '/datasets/upload', form);
    this.datasets.set(body.id, sha256(bytes));
  }

  async train(): Promise<void> {
    const dataset = this.#chance.of([...this.datasets.keys()]);
    if (dataset === undefined) return;
    const { status, body } = await this.calls.send('platform', 'POST', '/training/start', {
      dataset_id: dataset,
      model_type: this.#chance.of(['mlp', 'linear']),
      hyperparameters: { epochs: 3 },
    });
    // Five at once are the limit; a file of few species cannot be learned from.
    if (status === 200 || status === 201 || status === 202) this.jobs.add(body.job_id);
  }

  /** Takes the models of jobs that have ended. */
  async results(): Promise<void> {
    const open = [...this.jobs].filter((job) => !this.trained.has(job)).slice(0, 5);
    for (const job of open) {
      const { body } = await this.#need('platform', 'GET', `/training/status/${job}`);
      if (body.status === 'failed' || body.status === 'stopped') this.jobs.delete(job);
      if (body.status !== 'completed') continue;
      const { body: results } = await this.#need('platform', 'GET', `/training/results/${job}`);
      const predicted = await this.#predict(results.model_id);
      this.trained.set(job, { job, model: results.model_id, predicted });
    }
  }

  async predict(): Promise<void> {
    const one = this.#chance.of([...this.trained.values()]);
    if (one === undefined) return;
    const predicted = await this.#predict(one.model);
    if (predicted !== one.predicted)
      throw new Error(`model ${one.model} predicts ${predicted} instead of ${one.predicted}`);
  }

  save(): Promise<void> {
    return this.#save(`model-${this.#next()}`, {});
  }

  async replace(): Promise<void> {
    const name = this.#chance.of([...this.saved.keys()]);
    if (name !== undefined) await this.#save(name, { replace_existing: true });
  }

  async load(): Promise<void> {
    const name = this.#chance.of([...this.saved.keys()]);
    if (name !== undefined) await this.#checkSaved(name);
  }

  async entry(): Promise<void> {
    const id = `entry-${this.#next()}`;
    const description = `described ${this.#next()}`;
    const { status } = await this.calls.send('catalog', 'POST', `${CATALOG}/create`, {
      name: id,
      model_id: id,
      description,
    });
    if (status === 201) this.entries.set(id, [description]);
  }

  async edit(): Promise<void> {
    const id = this.#chance.of([...this.entries.keys()]);
    if (id === undefined) return;
    const { body } = await this.#need('catalog', 'POST', `${CATALOG}/list`, { page: 1, size: 100 });
    const found = body.data.items.find((one: { model_id: string }) => one.model_id === id);
    if (found === undefined) return;
    const description = `described ${this.#next()}`;
    this.entries.set(id, [...this.entries.get(id)!, description]);
    await this.#need('catalog', 'POST', `${CATALOG}/update`, { id: found.id, description });
    this.entries.set(id, [description]);
  }

  async look(): Promise<void> {
    for (const path of ['/models?limit=20', '/datasets?limit=20', '/account/usage', '/training?limit=5']) {
      await this.#need('platform', 'GET', path);
    }
    await this.#need('manager', 'GET', `${VAULT}/${this.name}/health`);
    await this.#need('training', 'GET', '/models');
  }

  /** A dataset without jobs. */
  async remove(): Promise<void> {
    if (this.datasets.size < 5) return;
    const id = this.#chance.of([...this.datasets.keys()])!;
    const hash = this.datasets.get(id)!;
    const { status } = await this.calls.send('platform', 'DELETE', `/datasets/${id}`).catch((error: unknown) => {
      // It may be gone or not: neither is checked.
      this.datasets.delete(id);
      throw error;
    });
    this.datasets.delete(id);
    if (status === 204 || status === 200) this.deleted.push(id);
    else this.datasets.set(id, hash);
  }

  async text(): Promise<void> {
    if (this.#chance.below(4) > 0) return;
    await this.calls.send('training', 'POST', '/train', { model_name: 'compact-text' });
  }

  /** Throws for the first thing that is not as it was acknowledged. Returns how many were looked at. */
  async check(): Promise<number> {
    for (const [id, hash] of this.datasets) {
      const { bytes } = await this.#need('platform', 'GET', `/datasets/${id}/download`);
      if (sha256(bytes) !== hash) throw new Error(`dataset ${id} is not as it was uploaded`);
    }
    for (const id of this.deleted) {
      const { status } = await this.calls.send('platform', 'GET', `/datasets/${id}`);
      if (status !== 404) throw new Error(`dataset ${id} was deleted and answers ${status}`);
    }
    for (const { model, predicted } of this.trained.values()) {
      if ((await this.#predict(model)) !== predicted) throw new Error(`model ${model} predicts otherwise than before`);
      await this.#need('platform', 'GET', `/models/${model}/download`);
    }
    for (const name of this.saved.keys()) await this.#checkSaved(name);
    const { body } = await this.#need('catalog', 'POST', `${CATALOG}/export`, {});
    const exported = JSON.stringify(body);
    for (const [id, descriptions] of this.entries) {
      if (!descriptions.some((one) => exported.includes(`"${one}"`)))
        throw new Error(`${id} is not in the catalog as it was`);
    }
    return this.datasets.size + this.deleted.length + this.trained.size + this.saved.size + this.entries.size;
  }

  async #save(name: string, more: object): Promise<void> {
    const data = Buffer.from(`${this.name} ${name} ${this.#next()} `.repeat(2000)).toString('base64');
    this.saved.set(name, [...(this.saved.get(name) ?? []), data]);
    const body = { model_name: name, model_data: data, password: VAULT_PASSWORD, ...more };
    const { status } = await this.calls.send('manager', 'POST', `${VAULT}/${this.name}/models/save`, body);
    if (status !== 201) throw new Error(`saving ${name} was answered ${status}`);
    this.saved.set(name, [data]);
  }

  async #checkSaved(name: string): Promise<void> {
    const body = { model_name: name, password: VAULT_PASSWORD };
    const { status, body: found } = await this.calls.send('manager', 'POST', `${VAULT}/${this.name}/models/load`, body);
    const states = this.saved.get(name)!;
    // A first save that was not answered may not have been done.
    if (status === 404 && this.#unsure.has(name)) return void this.saved.delete(name);
    if (status !== 200 || !states.includes(found.model_data))
      throw new Error(`${this.name}/${name}: ${status}, not what was saved`);
    this.saved.set(name, [found.model_data]);
    this.#unsure.delete(name);
  }

  /** Models whose first save was not answered. */
  readonly #unsure = new Set<string>();

  /** Called after the host went away. */
  doubt(): void {
    for (const name of this.saved.keys()) this.#unsure.add(name);
  }

  async #predict(model: string): Promise<string> {
    const { body } = await this.#need('platform', 'POST', `/models/${model}/predict`, { input: PENGUIN });
    return JSON.stringify(body.predictions ?? body);
  }

  async #need(...call: Parameters<Calls['send']>) {
    const answered = await this.calls.send(...call);
    if (answered.status >= 300) {
      throw new Error(
        `${call[1]} ${call[2]} answered ${answered.status}: ${answered.bytes.toString('utf8').slice(0, 300)}`,
      );
    }
    return answered;
  }

  #next(): number {
    this.#made += 1;
    return this.#made;
  }
}
