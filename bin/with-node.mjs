/**
 * Runs a program of this project under the pinned Node.js, installing the packages first if they are missing or
 * outdated: `node bin/with-node.mjs [OPTIONS OF NODE.JS] FILE [ARGUMENTS]`. It needs nothing but Node.js 20 and npm, hence
 * plain JavaScript.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const stamp = join(modules, '.trainyard-installed');
const pinnedNode = join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

function fail(line) {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}

/** A hash of what the installed packages depend on: the lock file and the platform. */
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .update(`${process.platform} ${process.arch}`)
  .digest('hex');

function install() {
  process.stderr.write('Installing packages (once, and again when package-lock.json changes) …\n');
  const npm = process.env.npm_execpath;
  const command = npm?.endsWith('.js') ? [process.execPath, npm] : ['npm'];
  const [program, ...first] = [...command, 'ci', '--no-audit', '--no-fund', '--loglevel=error'];
  // Standard output is for the program that runs afterwards.
  // The runtime's install script would fetch CUDA libraries, which only the trainer image needs.
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
  const done = spawnSync(program, first, { cwd: root, stdio: ['ignore', 2, 2], env });
  if (done.error) fail(`npm could not be started: ${done.error.message}`);
  if (done.status !== 0) fail(`npm ci failed with exit code ${done.status ?? done.signal}; its messages are above`);
  writeFileSync(stamp, wanted);
}

if (Number(process.versions.node.split('.')[0]) < 20) {
  fail(`Node.js 20 or later is required; this is ${process.versions.node}`);
}
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) install();
if (!existsSync(pinnedNode)) fail(`The pinned Node.js is not at ${pinnedNode}; delete node_modules and try again`);

/**
 * What Node.js has compiled, and the JavaScript of our TypeScript: a thread that finds it there starts sooner, and does not
 * load what strips types, which takes 18 MiB in each. Where nothing can be written, there is none.
 */
const compiled = join(root, '.trainyard', 'compiled');
const HOST = 'infra/embedded/main.ts';

const given = process.argv.slice(2);
const at = given.findIndex((argument) => !argument.startsWith('--'));
const [options, file, rest] = [given.slice(0, at), given[at], given.slice(at + 1)];
const child = spawn(pinnedNode, ['--disable-warning=ExperimentalWarning', ...options, join(root, file), ...rest], {
  stdio: 'inherit',
  env: {
    // Of glibc, which otherwise has up to eight native heaps for each core, and each holds the most that it ever had.
    MALLOC_ARENA_MAX: '2',
    ...(file === HOST ? { NODE_COMPILE_CACHE: compiled } : {}),
    ...process.env,
    PATH: [join(modules, '.bin'), dirname(pinnedNode), process.env.PATH].join(delimiter),
  },
});
// A terminal's Ctrl-C reaches the child by itself; only signals that are sent to this process alone must be forwarded.
process.on('SIGINT', () => {});
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
child.on('error', (error) => fail(error.message));
