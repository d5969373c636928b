/** nginx and Caddy as processes of their own, with the configuration files of docs/proxy/. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'node:tls';

export const PROXIES = ['nginx', 'caddy'] as const;
export type ProxyName = (typeof PROXIES)[number];

/** One server of the configuration file, under a port of its own. */
export interface Site {
  readonly port: number;
  /** Such as `127.0.0.1:8000`. */
  readonly upstream: string;
}

export interface RunningProxy {
  /** The certificate by which its own is known, as PEM. */
  readonly authority: string;
  stop(): Promise<void>;
}

const POLL_MS = 20;

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}

/** Serves `https://localhost:PORT` for each site. Rejects with what the program says where it does not start. */
export async function startProxy(name: ProxyName, folder: string, sites: readonly Site[]): Promise<RunningProxy> {
  mkdirSync(folder, { recursive: true });
  const { args, authorityFile } = name === 'nginx' ? await prepareNginx(folder, sites) : prepareCaddy(folder, sites);
  const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const child = spawn(name, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  for (const { port } of sites) {
    while (!(await answers(port))) {
      if (child.exitCode !== null) throw new Error(`${name} did not start: ${said}`);
      await pause(POLL_MS);
    }
  }
  return { authority: readFileSync(authorityFile, 'utf8'), stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

/** Whether TLS is spoken there by now: Caddy makes its certificate after it has begun to listen. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false });
    socket.once('secureConnect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('secureConnect', () => socket.destroy());
  });
}

/** The file with other values in place of those that it is published with, each of which has to be there. */
function fill(file: string, values: Readonly<Record<string, string>>): string {
  let text = readFileSync(join('docs/proxy', file), 'utf8').replaceAll(/^\s*#.*\n/gm, '');
  for (const [published, value] of Object.entries(values)) {
    if (!text.includes(published)) throw new Error(`docs/proxy/${file} has no ${published}`);
    text = text.replaceAll(published, value);
  }
  return text;
}

async function prepareNginx(folder: string, sites: readonly Site[]) {
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', [...request, ...subject, '-out', certificate, '-keyout', key], { stdio: 'ignore' });
  for (const { port, upstream } of sites) {
    const plain = await freePort();
    const site = fill('nginx.conf', {
      'listen 80;': `listen 127.0.0.1:${plain};`,
      'listen [::]:80;': '',
      'listen 443 ': `listen 127.0.0.1:${port} `,
      'listen [::]:443 ssl http2;': '',
      'trainyard.example.com': 'localhost',
      '/etc/ssl/trainyard/fullchain.pem': certificate,
      '/etc/ssl/trainyard/privkey.pem': key,
      '127.0.0.1:8000': upstream,
    });
    writeFileSync(join(folder, `${port}.site`), site);
  }
  const own = process.getuid?.() === 0 ? 'user root;' : '';
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const main = `${own} daemon off; pid nginx.pid; error_log stderr; events {}
    http { access_log off; ${temporary.map((of) => `${of}_temp_path ${of};`).join(' ')} include *.site; }`;
  writeFileSync(join(folder, 'main.conf'), main);
  const args = ['-p', folder, '-c', join(folder, 'main.conf'), '-e', 'stderr'];
  return { args, authorityFile: certificate };
}

function prepareCaddy(folder: string, sites: readonly Site[]) {
  // Of its own authority, and not known to anybody else on this machine.
  const options = '{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n\tlocal_certs\n}\n';
  const all = sites.map(({ port, upstream }) =>
    fill('Caddyfile', {
      'trainyard.example.com': `https://localhost:${port}`,
      '127.0.0.1:8000': upstream,
    }),
  );
  writeFileSync(join(folder, 'Caddyfile'), [options, ...all].join('\n'));
  const args = ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'];
  return { args, authorityFile: join(folder, 'caddy/pki/authorities/local/root.crt') };
}
