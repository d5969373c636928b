/** The program of the test's worker threads, which does what a call's event says. */
import { parentPort } from 'node:worker_threads';
import type { HostMessage, ReplyMessage } from '#infra/embedded/invoke/messages.ts';

/** What a call does; `gate` keeps its thread busy until the test opens the gate. */
export type Does =
  | 'answer'
  | 'answerAndEnd'
  | 'end'
  | 'spin'
  | 'grow'
  | 'wait'
  | 'askForBody'
  | { readonly gate: Int32Array };

const port = parentPort!;
const reply = (message: ReplyMessage): void => port.postMessage(message);
/** The request ids of calls that wait for their bodies. */
const asked = new Set<string>();

const does: Readonly<Record<Extract<Does, string>, (requestId: string) => void>> = {
  answer: () => reply({ kind: 'result', result: 'answered' }),
  answerAndEnd: () => {
    reply({ kind: 'result', result: 'answered' });
    process.exit(7);
  },
  end: () => process.exit(7),
  spin: () => {
    for (;;);
  },
  grow: () => {
    const all: string[][] = [];
    for (;;) all.push(Array.from({ length: 1000 }, (_, n) => `${all.length} ${n}`));
  },
  wait: () => {},
  askForBody: (requestId) => {
    asked.add(requestId);
    reply({ kind: 'bodyRequest', options: { maxBytes: 1, client: 'account#1' } });
  },
};

port.on('message', (message: HostMessage) => {
  if (message.kind === 'close') return reply({ kind: 'result', result: 'cleaned up' });
  if (message.kind === 'body') {
    return reply(asked.delete(message.requestId) ? { kind: 'result', result: 'resumed' } : { kind: 'unknown' });
  }
  const event = message.event as Does;
  if (typeof event === 'string') return does[event](message.requestId);
  Atomics.wait(event.gate, 0, 0);
  reply({ kind: 'result', result: 'answered' });
});
port.postMessage('ready');
