/** Somebody else, who works meanwhile: every request has to be answered, and soon. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { PENGUIN } from '#test/penguin.ts';
import type { RunningHost } from '../e2e/running-host.ts';
import { User } from '../e2e/user.ts';

/** Between two requests. */
const PAUSE_MS = 40;
const PASSWORD = 'a password of the vault';

export interface Observed {
  readonly requests: number;
  readonly slowestMs: number;
  readonly slowest: string;
  readonly failures: readonly string[];
}

interface Request {
  readonly name: string;
  readonly url: string;
  readonly method?: string;
  readonly body?: unknown;
  readonly anonymous?: boolean;
}

export class Victim {
  readonly #host: RunningHost;
  readonly #user: User;
  readonly #requests: readonly Request[];
  readonly #dataset: { readonly url: string; readonly sha256: string };

  private constructor(host: RunningHost, user: User, requests: readonly Request[], url: string, sha256: string) {
    this.#host = host;
    this.#user = user;
    this.#requests = requests;
    this.#dataset = { url, sha256 };
  }

  /** With a dataset, a model, a model of the vault and one of the catalog. */
  static async settle(host: RunningHost): Promise<Victim> {
    const user = await User.register({ base: host.base, pollMilliseconds: 100 });
    const dataset = await user.uploadPenguins();
    const job = await user.train(dataset.id, { epochs: 20, learning_rate: 0.01 });
    await user.jobIs(job, ({ status }) => status === 'completed');
    const { model_id } = await user.results(job);
    const { platform, manager, catalog, training } = host.bases;
    const vault = `${manager}/api/model-manager`;
    const post = (name: string, url: string, body: unknown): Request => ({ name, url, method: 'POST', body });
    const login = post('login', `${platform}/auth/login`, { username: user.username, password: user.password });
    const victim = new Victim(
      host,
      user,
      [
        { name: 'status', url: `${platform}/training/status/${job}` },
        { name: 'models', url: `${platform}/models?limit=10` },
        post('predict', `${platform}/models/${model_id}/predict`, { input: PENGUIN }),
        { name: 'dataset', url: `${platform}/datasets/${dataset.id}` },
        post('catalog', `${catalog}/api/v1/models/list`, { page: 1, size: 10 }),
        { name: 'vault', url: `${vault}/mine/models/list` },
        post('vault-load', `${vault}/mine/models/load`, { model_name: 'kept', password: PASSWORD }),
        { name: 'text models', url: `${training}/models` },
        { ...login, anonymous: true },
      ],
      `${platform}/datasets/${dataset.id}/download`,
      createHash('sha256').update(readFileSync('infra/embedded/demo/penguins.csv')).digest('hex'),
    );
    await victim.#need(
      post('', `${vault}/create`, { manager_id: 'mine', config: { use_scrypt: false, key_iterations: 100_000 } }),
    );
    const model_data = Buffer.from('kept '.repeat(1000)).toString('base64');
    await victim.#need(post('', `${vault}/mine/models/save`, { model_name: 'kept', model_data, password: PASSWORD }));
    await victim
      .#need(post('', `${catalog}/api/v1/models/create`, { name: 'Kept', model_id: 'kept', operatorId: 1 }))
      .catch(() => undefined);
    return victim;
  }

  /** Asks one after another until the signal. */
  async work(signal: AbortSignal): Promise<Observed> {
    const failures: string[] = [];
    let [requests, slowestMs, slowest] = [0, 0, ''];
    while (!signal.aborted) {
      const request = this.#requests[requests % this.#requests.length]!;
      const from = performance.now();
      const { status, text } = await this.#send(request).catch((error: Error) => ({ status: 0, text: error.message }));
      const took = performance.now() - from;
      requests += 1;
      if (status < 200 || status >= 300) failures.push(`${request.name}: ${status} ${text.slice(0, 200)}`);
      if (took > slowestMs) [slowestMs, slowest] = [took, request.name];
      await delay(PAUSE_MS);
    }
    return { requests, slowestMs, slowest, failures };
  }

  /** Throws where what was stored before the attacks is not as it was. */
  async check(): Promise<void> {
    for (const request of this.#requests) await this.#need(request);
    const headers = { authorization: `Bearer ${this.#user.client.token}` };
    const bytes = Buffer.from(await (await fetch(this.#dataset.url, { headers })).arrayBuffer());
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (sha256 !== this.#dataset.sha256) throw new Error(`the dataset is not as it was: ${sha256}`);
    if (this.#host.child.exitCode !== null) throw new Error('the host ended');
  }

  async #need(request: Request): Promise<void> {
    const { status, text } = await this.#send(request);
    if (status < 200 || status >= 300) throw new Error(`${request.url}: ${status} ${text}`);
  }

  async #send({ url, method = 'GET', body, anonymous = false }: Request): Promise<{ status: number; text: string }> {
    const response = await fetch(url, {
      method,
      headers: {
        ...(anonymous ? {} : { authorization: `Bearer ${this.#user.client.token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  }
}
