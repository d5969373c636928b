/** A local server that speaks the API of Hugging Face's hub: lists of files, and files behind redirects. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

export interface HubRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
}

export interface HubBehaviour {
  /** Answers every request so. */
  status?: number;
  headers?: Readonly<Record<string, string>>;
  /** Breaks each connection for a file after so many bytes. */
  breakAfter?: number;
  /** Sends files from their beginning, whatever range is asked for. */
  ignoresRange?: boolean;
  /** Keeps each connection for a file open after so many bytes, and says nothing more. */
  silentAfter?: number;
  /** Takes requests, and answers none. */
  silent?: boolean;
  /** Sends files without their last bytes, as if that were all … */
  cut?: number;
  /** … or one of them. */
  cutFile?: string;
  /** Calls this once it has sent a file up to this byte. */
  at?: { readonly bytes: number; readonly call: () => void };
  /** Answers this instead of a list of files. */
  list?: string;
  /** What the list says of each file's size. Default: what it is. */
  size?: number;
  /** What the list says of each file's SHA-256. Default: what it is. */
  sha256?: string;
  /** Where files are redirected to. Default: this server. */
  redirect?: string;
}

const PIECE = 2 ** 18;

export class HubServer {
  readonly requests: HubRequest[] = [];
  behaviour: HubBehaviour = {};
  /** Bytes of files. */
  sent = 0;
  readonly #repositories: Readonly<Record<string, Readonly<Record<string, Buffer>>>>;
  readonly #server = createServer((request, response) => this.#answer(request, response));

  constructor(repositories: HubServer['repositories']) {
    this.#repositories = repositories;
  }

  get repositories(): Readonly<Record<string, Readonly<Record<string, Buffer>>>> {
    return this.#repositories;
  }

  async start(): Promise<this> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await once(this.#server.close(), 'close');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #answer({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent(url);
    const { range, authorization } = headers;
    this.requests.push({ path, authorization, range });
    const { status, headers: more = {}, silent = false } = this.behaviour;
    if (silent) return;
    if (status !== undefined) return void response.writeHead(status, more).end();
    const [, listed] = /^\/api\/models\/(.+)\/tree\/main$/.exec(path) ?? [];
    if (listed !== undefined) {
      this.#list(listed, response);
      return;
    }
    const [, repository, file] = /^\/(?:cdn\/)?(.+)\/resolve\/main\/(.+)$/.exec(path) ?? [];
    const bytes = this.#repositories[repository ?? '']?.[file ?? ''];
    if (!bytes) return void response.writeHead(404).end();
    if (path.startsWith('/cdn/')) this.#send(bytes, { range, file: file! }, response);
    else response.writeHead(302, { location: `${this.behaviour.redirect ?? ''}/cdn${url}` }).end();
  }

  #list(repository: string, response: ServerResponse): void {
    const files = this.#repositories[repository];
    if (this.behaviour.list !== undefined) return void response.end(this.behaviour.list);
    if (!files) return void response.writeHead(404).end();
    const { sha256, size } = this.behaviour;
    const listing = Object.entries(files).map(([path, bytes]) => ({
      ...{ type: 'file', oid: 'git', path, size: size ?? bytes.length },
      lfs: { oid: sha256 ?? createHash('sha256').update(bytes).digest('hex'), size: size ?? bytes.length },
    }));
    response.end(JSON.stringify([{ type: 'directory', oid: 'git', path: 'onnx', size: 0 }, ...listing]));
  }

  #send(all: Buffer, asked: { range: string | undefined; file: string }, response: ServerResponse): void {
    const { file } = asked;
    const { breakAfter = Number.POSITIVE_INFINITY, silentAfter, cutFile = file, ignoresRange } = this.behaviour;
    const range = ignoresRange ? undefined : asked.range;
    const cut = cutFile === file ? (this.behaviour.cut ?? 0) : 0;
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const bytes = all.subarray(from, Math.max(from, all.length - cut));
    response.writeHead(range === undefined ? 200 : 206, { 'content-length': bytes.length });
    // A connection that is closed meanwhile is none of its business.
    if (silentAfter !== undefined && silentAfter < bytes.length) response.write(bytes.subarray(0, silentAfter));
    else if (bytes.length <= breakAfter) pipeline(this.#pieces(bytes, from), response).catch(() => undefined);
    else response.write(bytes.subarray(0, breakAfter), () => response.destroy());
  }

  /** As fast as they are taken. @param start their place in the file */
  async *#pieces(bytes: Buffer, start: number): AsyncGenerator<Buffer> {
    for (let from = 0; from < bytes.length; from += PIECE) {
      const piece = bytes.subarray(from, from + PIECE);
      yield piece;
      this.sent += piece.length;
      const { at } = this.behaviour;
      if (at === undefined || start + from < at.bytes) continue;
      delete this.behaviour.at;
      at.call();
    }
  }
}
