/** What an attack has: accounts of its own, and a count of what it was answered. */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { Agent, request } from 'undici';
import type { SurfaceName } from '#infra/topology.ts';
import type { RunningHost } from '../e2e/running-host.ts';
import type { User } from '../e2e/user.ts';

/** Another one than that of the others: limits by address are the attacker's own. Linux has all of 127.0.0.0/8. */
const ADDRESS = '127.0.0.66';

export interface Ask {
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, unless it is text or a form. */
  readonly body?: unknown;
}

export interface Answer {
  /** 0: the connection was closed without an answer. */
  readonly status: number;
  readonly text: string;
}

export class Target {
  readonly host: RunningHost;
  /** Ends the attack. */
  readonly signal: AbortSignal;
  readonly users: readonly User[];
  /** Of the answers, how often each. */
  readonly statuses = new Map<number, number>();
  /** The first answers that are the host's fault. */
  readonly faults: string[] = [];
  readonly #agent = new Agent({ localAddress: ADDRESS });

  constructor(host: RunningHost, users: readonly User[], signal: AbortSignal) {
    this.host = host;
    this.users = users;
    this.signal = signal;
  }

  get user(): User {
    return this.users[0]!;
  }

  async ask(surface: SurfaceName, method: string, path: string, { token, headers, body }: Ask = {}): Promise<Answer> {
    const encoded = await encode(body);
    try {
      const response = await request(`${this.host.bases[surface]}${path}`, {
        method: method as 'GET',
        dispatcher: this.#agent,
        signal: this.signal,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(encoded === undefined ? {} : { 'content-type': encoded.type }),
          ...headers,
        },
        ...(encoded === undefined ? {} : { body: encoded.bytes }),
      });
      const { statusCode: status } = response;
      const text = await response.body.text();
      this.count(status, `${surface} ${method} ${path.slice(0, 100)}: ${status} ${text.slice(0, 200)}`);
      return { status, text };
    } catch {
      // Refused, cut off, or the attack is over.
      if (!this.signal.aborted) this.count(0, '');
      return { status: 0, text: '' };
    }
  }

  /** A connection without HTTP, from the attacker's address. */
  connect(): Socket {
    const { hostname, port } = new URL(this.host.base);
    const socket = connect({ host: hostname, port: Number(port), localAddress: ADDRESS });
    return socket.on('error', () => {});
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  /** With a token of the first account. */
  platform(method: string, path: string, body?: unknown): Promise<Answer> {
    return this.ask('platform', method, path, { token: this.user.client.token, body });
  }

  count(status: number, what: string): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    if (status >= 500 && this.faults.length < 5) this.faults.push(what);
  }

  /** Does so many at once, again and again until the attack is over; `n` counts them. */
  async storm(atOnce: number, act: (n: number) => Promise<unknown>): Promise<void> {
    let n = 0;
    const one = async () => {
      while (!this.signal.aborted) await act(n++);
    };
    await Promise.all(Array.from({ length: atOnce }, one));
  }
}

export interface Attack {
  readonly name: string;
  /** What must not happen, in a line. */
  readonly aim: string;
  /** What takes the time of this process, in which the other account's requests are measured. */
  prepare?(): void;
  /** Goes on until the target's signal. */
  run(target: Target): Promise<void>;
}

async function encode(body: unknown): Promise<{ bytes: Buffer; type: string } | undefined> {
  if (body === undefined) return undefined;
  if (body instanceof FormData) {
    const response = new Response(body);
    const type = response.headers.get('content-type')!;
    return { bytes: Buffer.from(await response.arrayBuffer()), type };
  }
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { bytes: Buffer.from(text), type: 'application/json' };
}

export const nonsense = (bytes: number): string => randomBytes(bytes).toString('base64url');

export const fileForm = (
  content: string | Buffer<ArrayBuffer>,
  name: string,
  fields: Readonly<Record<string, string>> = {},
): FormData => {
  const form = new FormData();
  form.append('file', new File([content], name));
  for (const [field, value] of Object.entries({ name: 'hostile', ...fields })) form.append(field, value);
  return form;
};
