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

const anyOf = <T>(all: readonly T[]): T => all[Math.floor(Math.random() * all.length)]!;

const same = (a: State, b: State) => a?.data === b?.data && a?.password === b?.password;

/** What the host does not hold as it was acknowledged, or a fault of it. */
export class LostError extends Error {}

/** The host is too busy. What was asked for may have been done or not. */
export class BusyError extends Error {}

function expectNoFault(status: number, what: string): void {
  if (status === 503) throw new BusyError(what);
  if (status >= 500) throw new LostError(`${what} was answered with ${status}`);
}

const NAMES = ['a', 'b', 'c', 'd'];
export const OPERATIONS = [
  'save',
  'replace',
  'large',
  'giveUp',
  'delete',
  'rotate',
  'backup',
  'restore',
  'drop',
] as const;
export type Operation = (typeof OPERATIONS)[number];
/** Of the models that are saved in parts, those of several, whose file is made while they come. */
const SEVERAL_PARTS = 0.15;
const SEVERAL_BYTES = 9 * 1_048_576;
const AGAIN_MS = 20;
/** What is there has to be there by then, also where the host is too busy to answer in time. */
const PATIENCE_MS = 120_000;
const BUSY_MS = 1000;

export class FaultyVault {
  readonly id: string;
  /** By name, each state in which it may be: one, but for operations that were not answered. */
  readonly #models = new Map<string, State[]>(NAMES.map((name) => [name, [null]]));
  readonly #backups = new Map<string, ReadonlyMap<string, State>>();
  /** What may go on as a job although its request was not answered. */
  #unanswered: ((base: string) => Promise<unknown>) | undefined;
  #password = 'the first password';
  readonly #former: string[] = [];
  /** Uploads of which nothing may be left. */
  readonly #givenUp: string[] = [];
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
    const text = await response.text();
    return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
  }

  /** Repeats a request while the host has no time for it. Only for what changes nothing. */
  async #read(base: string, method: string, path: string, json?: object) {
    for (const end = Date.now() + PATIENCE_MS; ; await delay(BUSY_MS)) {
      const answered = await this.call(base, method, path, json);
      if ((answered.status !== 502 && answered.status !== 503) || Date.now() > end) return answered;
      process.stdout.write(`too busy: ${method} ${path}: ${answered.status}\n`);
    }
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
    // The least that is allowed: a derivation takes milliseconds.
    const derivation = { use_scrypt: false, key_iterations: 100_000, hash_algorithm: 'sha256' };
    const config = { ...derivation, backup_enabled: false };
    const { status, body } = await this.call(base, 'POST', 'create', { manager_id: this.id, config });
    if (status !== 201) throw new Error(`manager ${this.id} was not created: ${status} ${JSON.stringify(body)}`);
  }

  /** Makes sure that the operation has something to work on. Rejects if the host dies before it answers. */
  async prepare(base: string, operation: Operation): Promise<void> {
    const present = NAMES.filter((name) => this.#one(name) !== null);
    if (operation === 'save' && present.length === NAMES.length) await this.delete(base, NAMES[0]!);
    if (operation !== 'save' && present.length === 0) await this.save(base, NAMES[0]!);
    const isOfBackup = operation === 'restore' || operation === 'drop';
    if (isOfBackup && this.#backups.size === 0) await this.backup(base);
  }

  /** On a model or backup that is chosen at random. Rejects if the host dies before it answers. */
  async act(base: string, operation: Operation): Promise<void> {
    const fitting = NAMES.filter((name) => (this.#one(name) === null) === (operation === 'save'));
    await this[operation](base, anyOf(operation === 'large' || fitting.length === 0 ? NAMES : fitting));
  }

  #one(name: string): State {
    return this.#models.get(name)![0]!;
  }

  /** Until it is answered, both may be. */
  async #change(changes: ReadonlyMap<string, State>, ask: () => Promise<number>): Promise<void> {
    for (const [name, after] of changes) this.#models.set(name, [this.#one(name), after]);
    const status = await ask();
    expectNoFault(status, `a change of ${[...changes.keys()]}`);
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

  /** In parts: of a few hundred kilobytes, or of several parts. Completed again, it has the same answer. */
  async large(base: string, name: string): Promise<void> {
    const { bytes, password, path, parts } = await this.#sent(base, name);
    const change = new Map([[name, { data: bytes.toString('base64'), password }]]);
    const complete = () => this.#toEnd(base, 'POST', `${path}/complete`, { parts });
    await this.#change(change, async () => {
      const { status, body } = await complete();
      if (status !== 201 || Math.random() < 0.5) return status;
      const again = await complete();
      if (again.status === 503) throw new BusyError('a completion that was repeated');
      const isSame = again.status === 201 && again.body.hash === body.hash && again.body.model_id === body.model_id;
      if (!isSame) throw new LostError(`${path}: completed again, it was ${JSON.stringify(again).slice(0, 300)}`);
      return status;
    });
  }

  /** An upload in parts, alone or while it is completed: then one of both succeeds. */
  async giveUp(base: string, name: string): Promise<void> {
    const { bytes, password, path, parts } = await this.#sent(base, name);
    const give = async () => (await this.call(base, 'DELETE', path)).status;
    if (Math.random() < 0.5) {
      const status = await give();
      expectNoFault(status, 'an upload that is given up');
      if (status !== 204) throw new LostError(`${path}: it could not be given up: ${status}`);
      this.#givenUp.push(path);
      return;
    }
    const change = new Map([[name, { data: bytes.toString('base64'), password }]]);
    await this.#change(change, async () => {
      const complete = this.#toEnd(base, 'POST', `${path}/complete`, { parts });
      const [{ status }, given] = await Promise.all([complete, give()]);
      expectNoFault(given, 'an upload that is given up');
      if ((status === 201) === (given === 204)) throw new LostError(`${path}: ${status} and ${given}`);
      return status;
    });
  }

  /** The parts of an upload that was begun. */
  async #sent(base: string, name: string) {
    const size = (Math.random() < SEVERAL_PARTS ? SEVERAL_BYTES : 100_000) + Math.floor(Math.random() * 500_000);
    const bytes = randomBytes(size);
    const password = this.#password;
    const start = { model_name: name, password, file_size: size, replace_existing: true };
    const { status, body } = await this.call(base, 'POST', `${this.id}/models/uploads`, start);
    expectNoFault(status, 'the start of an upload');
    const parts: object[] = [];
    const partBytes = Number(body.part_size);
    for (const { part, url } of body.parts as { part: number; url: string }[]) {
      const content = bytes.subarray((part - 1) * partBytes, part * partBytes);
      const answered = await fetch(url, { method: 'PUT', body: content });
      if (!answered.ok) throw new LostError(`part ${part} was answered with ${answered.status}`);
      parts.push({ part, etag: answered.headers.get('etag') });
    }
    return { bytes, password, parts, path: `${this.id}/models/uploads/${body.upload_id}` };
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
    this.#former.push(before);
    await this.#change(
      changes,
      async () => (await this.#toEnd(base, 'PUT', `${this.id}/security/password`, json)).status,
    );
  }

  async backup(base: string): Promise<void> {
    const name = `backup-${this.#next()}`;
    const held = new Map(NAMES.map((one) => [one, this.#one(one)]));
    const { status } = await this.#toEnd(base, 'POST', `${this.id}/backup/create`, { backup_name: name });
    expectNoFault(status, 'a backup');
    if (status === 201) this.#backups.set(name, held);
  }

  /** Deletes a backup: unless it is answered, it may be there or not. */
  async drop(base: string): Promise<void> {
    const [name] = this.#backups.keys();
    if (name === undefined) return;
    this.#backups.delete(name);
    expectNoFault((await this.call(base, 'DELETE', `${this.id}/backup/${name}`)).status, 'the deletion of a backup');
  }

  async restore(base: string): Promise<void> {
    if (this.#backups.size === 0) return;
    const [name, held] = anyOf([...this.#backups]);
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
    await this.#expectListed(base);
    await this.#expectRefused(base);
    for (const path of this.#givenUp.splice(0)) {
      const { status } = await this.#read(base, 'GET', path);
      if (status !== 404) throw new LostError(`${path}: it was given up, and is ${status}`);
    }
    const { body: verified } = await this.#read(base, 'GET', `${this.id}/audit/verify`);
    if (verified.valid !== true) throw new LostError(`${this.id}: the audit trail is ${JSON.stringify(verified)}`);
    const { body: listed } = await this.#read(base, 'GET', `${this.id}/backup/list?kind=named`);
    const names = (listed.backups as { backup_name: string }[]).map(({ backup_name }) => backup_name);
    const lost = [...this.#backups.keys()].filter((name) => !names.includes(name));
    if (lost.length > 0) throw new LostError(`${this.id}: backups ${lost} are gone`);
  }

  /** Nothing half-done is visible. */
  async #expectListed(base: string): Promise<void> {
    const { body } = await this.#read(base, 'GET', `${this.id}/models/list`);
    const listed = (body.models as { model_name: string }[]).map(({ model_name }) => model_name).sort();
    const found = NAMES.filter((name) => this.#one(name) !== null);
    if (`${listed}` !== `${found}`) throw new LostError(`${this.id}: ${listed} are listed, and ${found} are there`);
  }

  /** A password that was replaced opens nothing. */
  async #expectRefused(base: string): Promise<void> {
    const present = NAMES.filter((name) => this.#one(name) !== null);
    if (present.length === 0) return;
    const name = anyOf(present);
    const former = this.#former.filter((one) => one !== this.#one(name)?.password);
    if (former.length === 0) return;
    const wrong = { model_name: name, password: anyOf(former) };
    const { status } = await this.#read(base, 'POST', `${this.id}/models/load`, wrong);
    if (status !== 403) throw new LostError(`${this.id}/${name}: a former password was answered with ${status}`);
  }

  async #find(base: string, name: string, states: readonly State[]): Promise<State> {
    const passwords = new Set(states.flatMap((state) => (state === null ? [] : [state.password])));
    for (const password of passwords.size === 0 ? ['no password'] : passwords) {
      const { status, body } = await this.#read(base, 'POST', `${this.id}/models/load`, { model_name: name, password });
      if (status === 200) return { data: String(body.model_data), password };
      if (status === 404) return null;
      if (status !== 403) throw new LostError(`${this.id}/${name}: ${status} ${JSON.stringify(body).slice(0, 200)}`);
    }
    return { data: 'opens with none of its passwords', password: '' };
  }
}
