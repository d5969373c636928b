/** One manager of a vault, and what it may hold after everything that was asked of it. */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { KEY } from './key.ts';

/** A model that is there: its bytes and its password. */
interface Present {
  readonly data: string;
  readonly password: string;
}
/** `null`: there is none. */
type State = Present | null;

const same = (a: State, b: State) => a?.data === b?.data && a?.password === b?.password;

/** What the host does not hold as it was acknowledged. */
export class LostError extends Error {}

const NAMES = ['a', 'b', 'c', 'd'];
const OPERATIONS = ['save', 'replace', 'large', 'large', 'delete', 'rotate', 'backup', 'restore', 'drop'] as const;
/** A part of a model that is saved in parts, but for the last. */
const PART_BYTES = 16 * 1_048_576;
const AGAIN_MS = 20;

export class FaultyVault {
  readonly id: string;
  /** By name, each state in which it may be: one, but for operations that were not answered. */
  readonly #models = new Map<string, State[]>(NAMES.map((name) => [name, [null]]));
  readonly #backups = new Map<string, ReadonlyMap<string, State>>();
  readonly counts: Record<string, number> = {};
  /** What may go on as a job although its request was not answered. */
  #unanswered: ((base: string) => Promise<unknown>) | undefined;
  #password = 'the first password';
  #made = 0;

  constructor(id: string) {
    this.id = id;
  }

  #next(): number {
    this.#made += 1;
    return this.#made;
  }

  async call(base: string, method: string, path: string, json?: object) {
    const headers = { 'x-api-key': KEY, 'content-type': 'application/json' };
    const body = json === undefined ? {} : { body: JSON.stringify(json) };
    const response = await fetch(`${base}/${path}`, { method, headers, ...body });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  /** Repeats a request until what it began has the end. After a kill, `check` does so first. */
  async #toEnd(base: string, method: string, path: string, json: object) {
    const ask = async (at: string) => {
      for (;;) {
        const answered = await this.call(at, method, path, json);
        if (answered.status !== 202) return answered;
        await delay(AGAIN_MS);
      }
    };
    this.#unanswered = ask;
    const answered = await ask(base);
    this.#unanswered = undefined;
    return answered;
  }

  async create(base: string): Promise<void> {
    const config = { use_scrypt: false, key_iterations: 100_000, backup_enabled: false };
    await this.call(base, 'POST', 'create', { manager_id: this.id, config });
  }

  /** One operation, chosen at random. Rejects if the host dies before it answers. */
  async act(base: string): Promise<void> {
    const operation = OPERATIONS[Math.floor(Math.random() * OPERATIONS.length)]!;
    const name = NAMES[Math.floor(Math.random() * NAMES.length)]!;
    await this[operation](base, name);
    this.counts[operation] = (this.counts[operation] ?? 0) + 1;
  }

  #one(name: string): State {
    return this.#models.get(name)![0]!;
  }

  /** Until it is answered, both may be. */
  async #change(changes: ReadonlyMap<string, State>, ask: () => Promise<number>): Promise<void> {
    for (const [name, after] of changes) this.#models.set(name, [this.#one(name), after]);
    const status = await ask();
    if (status >= 500) throw new Error(`${status}`);
    for (const [name, after] of changes) {
      this.#models.set(name, [status < 300 ? after : this.#models.get(name)![0]!]);
    }
  }

  save(base: string, name: string, more: object = {}): Promise<void> {
    const data = Buffer.from(`${this.id} ${name} ${this.#next()} `.repeat(500)).toString('base64');
    const password = this.#password;
    const body = { model_name: name, model_data: data, password, ...more };
    const ask = async () => (await this.call(base, 'POST', `${this.id}/models/save`, body)).status;
    return this.#change(new Map([[name, { data, password }]]), ask);
  }

  replace(base: string, name: string): Promise<void> {
    return this.save(base, name, { replace_existing: true });
  }

  /** In parts: of a few hundred kilobytes, or of more than one part. */
  async large(base: string, name: string): Promise<void> {
    const size = Math.random() < 0.1 ? PART_BYTES + 100_000 : 100_000 + Math.floor(Math.random() * 500_000);
    const bytes = randomBytes(size);
    const password = this.#password;
    const start = { model_name: name, password, file_size: size, replace_existing: true };
    const { status, body } = await this.call(base, 'POST', `${this.id}/models/uploads`, start);
    if (status !== 201) throw new Error(`${status}`);
    const parts: object[] = [];
    for (const { part, url } of body.parts as { part: number; url: string }[]) {
      const answered = await fetch(url, {
        method: 'PUT',
        body: bytes.subarray((part - 1) * PART_BYTES, part * PART_BYTES),
      });
      if (!answered.ok) throw new Error(`${answered.status}`);
      parts.push({ part, etag: answered.headers.get('etag') });
    }
    const path = `${this.id}/models/uploads/${body.upload_id}/complete`;
    const change = new Map([[name, { data: bytes.toString('base64'), password }]]);
    await this.#change(change, async () => (await this.#toEnd(base, 'POST', path, { parts })).status);
  }

  delete(base: string, name: string): Promise<void> {
    const path = `${this.id}/models/${name}?confirm_deletion=true`;
    return this.#change(new Map([[name, null]]), async () => {
      const { status } = await this.call(base, 'DELETE', path);
      return status === 404 ? 200 : status;
    });
  }

  async rotate(base: string): Promise<void> {
    const [before, after] = [this.#password, `password ${this.#next()}`];
    const changes = new Map<string, State>();
    for (const name of NAMES) {
      const one = this.#one(name);
      if (one?.password === before) changes.set(name, { ...one, password: after });
    }
    const json = { old_password: before, new_password: after, rotate_model_keys: Math.random() < 0.5 };
    this.#password = after;
    await this.#change(
      changes,
      async () => (await this.#toEnd(base, 'PUT', `${this.id}/security/password`, json)).status,
    );
  }

  async backup(base: string): Promise<void> {
    const name = `backup-${this.#next()}`;
    const held = new Map(NAMES.map((one) => [one, this.#one(one)]));
    const { status } = await this.#toEnd(base, 'POST', `${this.id}/backup/create`, { backup_name: name });
    if (status === 201) this.#backups.set(name, held);
  }

  /** Deletes a backup: unless it is answered, it may be there or not. */
  async drop(base: string): Promise<void> {
    const [name] = this.#backups.keys();
    if (name === undefined) return;
    this.#backups.delete(name);
    await this.call(base, 'DELETE', `${this.id}/backup/${name}`);
  }

  async restore(base: string): Promise<void> {
    const all = [...this.#backups];
    const [name, held] = all[Math.floor(Math.random() * all.length)] ?? [];
    if (name === undefined || held === undefined) return;
    const changes = new Map([...held].filter(([, state]) => state !== null));
    const json = { backup_name: name, overwrite_existing: true };
    const path = `${this.id}/backup/restore`;
    await this.#change(changes, async () => (await this.#toEnd(base, 'POST', path, json)).status);
  }

  /** Throws `LostError`. What is found is what there is from then on. */
  async check(base: string): Promise<void> {
    await this.#unanswered?.(base);
    this.#unanswered = undefined;
    for (const [name, states] of this.#models) {
      const found = await this.#find(base, name, states);
      const isAllowed = states.some((one) => same(one, found));
      if (!isAllowed) throw new LostError(`${this.id}/${name}: ${JSON.stringify([states, found]).slice(0, 400)}`);
      this.#models.set(name, [found]);
    }
    const { body: verified } = await this.call(base, 'GET', `${this.id}/audit/verify`);
    if (verified.valid !== true) throw new LostError(`${this.id}: the audit trail is ${JSON.stringify(verified)}`);
    const { body: listed } = await this.call(base, 'GET', `${this.id}/backup/list?kind=named`);
    const names = (listed.backups as { backup_name: string }[]).map(({ backup_name }) => backup_name);
    const lost = [...this.#backups.keys()].filter((name) => !names.includes(name));
    if (lost.length > 0) throw new LostError(`${this.id}: backups ${lost} are gone`);
  }

  async #find(base: string, name: string, states: readonly State[]): Promise<State> {
    const passwords = new Set(states.flatMap((state) => (state === null ? [] : [state.password])));
    for (const password of passwords.size === 0 ? ['no password'] : passwords) {
      const { status, body } = await this.call(base, 'POST', `${this.id}/models/load`, { model_name: name, password });
      if (status === 200) return { data: String(body.model_data), password };
      if (status === 404) return null;
      if (status !== 403) throw new LostError(`${this.id}/${name}: ${status} ${JSON.stringify(body).slice(0, 200)}`);
    }
    return { data: 'opens with none of its passwords', password: '' };
  }
}
