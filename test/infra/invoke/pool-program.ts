/** The program of the test's worker threads, which does what a call's event says. */
import { parentPort, workerData } from 'node:worker_threads';
import { throughNativeGate, useNativeGate } from '#engine/native-gate.ts';
import type { HostMessage, Reply, ThreadSetup } from '#infra/embedded/invoke/messages.ts';

/** What a call does; `gate` keeps its thread busy until the test opens the gate. */
export type Does =
  | 'answer'
  | 'answerAndEnd'
  | 'end'
  | 'spin'
  | 'grow'
  | 'wait'
  | 'askForBody'
  /** Asks for its body, and answers when another call says `release`. */
  | 'keepBody'
  | 'release'
  | 'echoBody'
  | { readonly gate: Int32Array }
  /** As a call of ONNX Runtime keeps its thread busy until the test sets the first number; the second counts how many there are. */
  | { readonly native: Int32Array }
  /** Says what the number is. */
  | { readonly shows: Int32Array }
  /** Answers the second time. */
  | { readonly attempts: Int32Array };

useNativeGate((workerData as ThreadSetup).nativeGate);
const port = parentPort!;
const reply = (call: number, message: Reply): void => port.postMessage({ ...message, call });
/** The calls that wait for their bodies. */
const asked = new Set<number>();
/** Those of them that keep it, and the one that does. */
const keeping = new Set<number>();
let kept = 0;
/** The call in progress. */
let current = 0;

const does: Readonly<Record<Exclude<Extract<Does, string>, 'echoBody'>, (call: number) => void>> = {
  answer: (call) => reply(call, { kind: 'result', result: 'answered' }),
  answerAndEnd: (call) => {
    reply(call, { kind: 'result', result: 'answered' });
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
  askForBody: (call) => {
    asked.add(call);
    reply(call, { kind: 'bodyRequest', options: { maxBytes: 1, client: 'account#1' } });
  },
  keepBody: (call) => {
    keeping.add(call);
    does.askForBody(call);
  },
  release: (call) => {
    reply(kept, { kind: 'result', result: 'kept' });
    reply(call, { kind: 'result', result: 'released' });
  },
};

port.on('message', (message: HostMessage) => {
  if (message.kind === 'close') return reply(current, { kind: 'result', result: 'cleaned up' });
  if (message.kind === 'body') {
    if (keeping.has(message.call)) {
      kept = message.call;
      return;
    }
    return reply(
      message.call,
      asked.delete(message.call) ? { kind: 'result', result: 'resumed' } : { kind: 'unknown' },
    );
  }
  current = message.call;
  const event = message.event as Does;
  if (event === 'echoBody') {
    const text = Buffer.from(message.body?.arrived ?? []).toString('utf8');
    return reply(message.call, { kind: 'result', result: text });
  }
  if (typeof event === 'string') return does[event](message.call);
  if ('attempts' in event && Atomics.add(event.attempts, 0, 1) === 0) return;
  if ('native' in event) {
    throughNativeGate(() => {
      Atomics.add(event.native, 1, 1);
      Atomics.notify(event.native, 1);
      Atomics.wait(event.native, 0, 0);
    });
  }
  if ('shows' in event) return reply(message.call, { kind: 'result', result: Atomics.load(event.shows, 0) });
  if ('gate' in event) Atomics.wait(event.gate, 0, 0);
  reply(message.call, { kind: 'result', result: 'answered' });
});
port.postMessage('ready');
