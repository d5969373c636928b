/**
 * `node watcher.ts PROGRAM ARGUMENT …`, in a network namespace of its own that has loopback alone: runs the program, answers
 * every question for a name with an address to which there is no route, and reports on file descriptor 3, one JSON object
 * a line: each name that was looked up, and at last how the program ended and how often anything in the namespace tried to
 * send to where no route leads. The program is ended when standard input ends.
 */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, writeSync } from 'node:fs';

/** What the watcher says, in the order in which it happened. */
export type Seen =
  | { readonly lookup: string }
  | { readonly unroutable: number; readonly code: number | null; readonly signal: string | null };

const REPORT = 3;
const HEADER_BYTES = 12;
/** Kept free for documentation (RFC 5737, RFC 3849): there is nobody there. */
const NOBODY: Readonly<Record<number, Buffer>> = {
  1: Buffer.from('c0000201', 'hex'),
  28: Buffer.from('20010db8000000000000000000000001', 'hex'),
};

const report = (seen: Seen): number => writeSync(REPORT, `${JSON.stringify(seen)}\n`);

/** The name of a DNS query's one question, its type, and where the question ends. */
function questionOf(query: Buffer) {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** The query with its answer, RFC 1035: the header's counts, the question as it came, and one record if there is one. */
function answerTo(query: Buffer): Buffer {
  const { type, end } = questionOf(query);
  const address = NOBODY[type];
  const head = Buffer.from(query.subarray(0, end));
  head.writeUInt16BE(0x8180, 2);
  for (const [i, count] of [1, address ? 1 : 0, 0, 0].entries()) head.writeUInt16BE(count, 4 + 2 * i);
  if (!address) return head;
  // The name is the question's; the type; class IN; it holds for a minute; so many bytes.
  const record = Buffer.from([0xc0, HEADER_BYTES, 0, type, 0, 1, 0, 0, 0, 60, 0, address.length]);
  return Buffer.concat([head, record, address]);
}

/** The kernel counts, for each namespace and both versions of the protocol, what it found no route for. */
function unroutable(): number {
  const [names = [], values = []] = readFileSync('/proc/net/snmp', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Ip: '))
    .map((line) => line.split(' '));
  const version6 = /^Ip6OutNoRoutes\s+(\d+)$/m.exec(readFileSync('/proc/net/snmp6', 'utf8'))?.[1];
  const version4 = values[names.indexOf('OutNoRoutes')];
  return Number(version4) + Number(version6);
}

const nameServer = createSocket('udp4', (query, { port, address }) => {
  report({ lookup: questionOf(query).name });
  nameServer.send(answerTo(query), port, address);
});
nameServer.bind(53, '127.0.0.1');
await once(nameServer, 'listening');

const [program = '', ...args] = process.argv.slice(2);
const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
process.stdin.on('end', () => child.kill('SIGTERM')).resume();
const [code, signal] = await once(child, 'exit');
report({ unroutable: unroutable(), code, signal });
process.exit(0);
