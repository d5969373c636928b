/** Runs programs in networks of their own that lead nowhere, and says what they tried. Linux only. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Seen } from './watcher.ts';

/** Root needs no user namespace, which a container may not have; anybody else becomes the root of one. */
const UNSHARE = ['--net', '--mount', ...(process.getuid?.() === 0 ? [] : ['--map-root-user'])];

/** Loopback goes up; then names, and whose home directory is where, come from the folder that is the first argument. */
const INSIDE = `ip link set lo up &&
for file in resolv.conf nsswitch.conf passwd; do mount --bind "$0/$file" "/etc/$file" || exit; done &&
exec "$@"`;

/** What a program did that has ended. */
export interface Report {
  /** Names that were looked up, each once. */
  readonly lookups: readonly string[];
  /** How often anything was to be sent to where no route leads. */
  readonly unroutable: number;
  /** Files in the home directory and in that for temporary files. */
  readonly files: readonly string[];
  readonly output: string;
}

/** A folder for one program: its home directory, which `passwd` names as well, and that for its temporary files. */
function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-network-'));
  for (const name of ['home', 'tmp']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\n');
  writeFileSync(join(folder, 'nsswitch.conf'), 'passwd: files\nhosts: files dns\n');
  writeFileSync(join(folder, 'passwd'), `root:x:0:0:root:${join(folder, 'home')}:/bin/sh\n`);
  return folder;
}

/** Why there can be no such network here; `undefined` where there can. */
export function whyNoNamespace(): string | undefined {
  const folder = makeFolder();
  const { error, status, stderr } = spawnSync('unshare', [...UNSHARE, 'sh', '-c', INSIDE, folder, 'true'], {
    encoding: 'utf8',
  });
  rmSync(folder, { recursive: true });
  if (status === 0) return undefined;
  return `A network namespace needs Linux with unshare, mount and ip, and the right to use them: ${error?.message ?? stderr.trim()}`;
}

/** A program of Node.js that runs in a network of its own, from its start until `stop`. */
export class Isolated {
  /** Resolves when a name is looked up; never where none is. */
  readonly looksUp: Promise<string>;
  readonly #folder = makeFolder();
  readonly #child;
  readonly #ended: Promise<unknown>;
  readonly #seen: Seen[] = [];
  #output = '';
  #stopped: Promise<Report> | undefined;

  /** @param env all of its environment but where home and temporary files are */
  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const watcher = join(import.meta.dirname, 'watcher.ts');
    const node = [process.execPath, '--disable-warning=ExperimentalWarning'];
    const command = [...UNSHARE, 'sh', '-c', INSIDE, this.#folder, ...node, watcher, ...node, ...args];
    this.#child = spawn('unshare', command, {
      cwd: this.#folder,
      env: { PATH: process.env.PATH, HOME: join(this.#folder, 'home'), TMPDIR: join(this.#folder, 'tmp'), ...env },
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    });
    this.#ended = once(this.#child, 'close');
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (chunk) => {
        this.#output += chunk;
      });
    }
    const reports = createInterface(this.#child.stdio[3] as Readable);
    this.looksUp = new Promise((resolve) => {
      reports.on('line', (line) => {
        const seen: Seen = JSON.parse(line);
        this.#seen.push(seen);
        if ('lookup' in seen) resolve(seen.lookup);
      });
    });
  }

  /** Resolves when the program has printed the text, rejects when it ends without. */
  async prints(text: string): Promise<void> {
    const printed = new Promise<void>((resolve) => {
      const look = () => this.#output.includes(text) && resolve();
      this.#child.stdout.on('data', look);
      look();
    });
    const early = this.#ended.then(() => {
      throw new Error(`it ended without having printed '${text}':\n${this.#output}`);
    });
    await Promise.race([printed, early]);
  }

  /** Ends it, and what it left goes as well; asked again, it answers the same. */
  stop(): Promise<Report> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<Report> {
    this.#child.stdin.end();
    await this.#ended;
    const last = this.#seen.find((one) => 'unroutable' in one);
    const files = ['home', 'tmp'].flatMap((name) =>
      readdirSync(join(this.#folder, name), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(this.#folder.length + 1)),
    );
    rmSync(this.#folder, { recursive: true });
    if (last === undefined) throw new Error(`the watcher ended without a report:\n${this.#output}`);
    const lookups = [...new Set(this.#seen.flatMap((one) => ('lookup' in one ? [one.lookup] : [])))];
    return { lookups, unroutable: last.unroutable, files: files.sort(), output: this.#output };
  }
}
