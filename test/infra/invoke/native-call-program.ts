/** Terminates a thread within a call of ONNX Runtime, and says what became of its turn: the process may not live to do so. */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { useNativeGate } from '#engine/native-gate.ts';
import { dataType, encodeModel } from '#engine/onnx/proto.ts';
import { openSession } from '#engine/run.ts';
import type { HostMessage, ThreadSetup } from '#infra/embedded/invoke/messages.ts';
import { Thread } from '#infra/embedded/invoke/thread.ts';

interface Opens {
  /** 1 once the thread is about to begin the call. */
  readonly begins: Int32Array;
}

if (isMainThread) {
  const begins = new Int32Array(new SharedArrayBuffer(4));
  const setup = { name: 'platform-import' } as ThreadSetup;
  const thread = new Thread(setup, { memoryMegabytes: 64, program: new URL(import.meta.url) });
  const call = { kind: 'call', call: 1, event: { begins } satisfies Opens, requestId: 'request', baseUrl: '' } as const;
  const answer = thread.exchange({ ...call, milliseconds: 3_600_000 }).catch(({ message }: Error) => message);
  await Atomics.waitAsync(begins, 0, 0).value;
  await thread.terminate();
  process.stdout.write(`${await answer}\n`);
} else {
  useNativeGate((workerData as ThreadSetup).nativeGate);
  parentPort!.on('message', async (message: HostMessage) => {
    if (message.kind !== 'call') return;
    const { begins } = message.event as Opens;
    const opening = openSession(slowToOpen(), { threads: 1 });
    // The runtime begins in the next turn of the event loop.
    Atomics.store(begins, 0, 1);
    Atomics.notify(begins, 0);
    await opening;
  });
  parentPort!.postMessage('ready');
}

/** A chain so long that opening it takes far longer than a thread takes to terminate another one. */
function slowToOpen(): Uint8Array {
  const length = 4000;
  const type = { tensorType: { elemType: dataType.float32, shape: { dim: [{ dimParam: 'rows' }, { dimValue: 4 }] } } };
  return encodeModel({
    ...{ irVersion: 8, producerName: '', producerVersion: '', domain: '', modelVersion: 0, docString: '' },
    graph: {
      name: 'chain',
      node: Array.from({ length }, (_, i) => ({
        ...{ name: '', opType: 'Relu', domain: '', attribute: [] },
        ...{ input: [`x${i}`], output: [`x${i + 1}`] },
      })),
      input: [{ name: 'x0', type }],
      output: [{ name: `x${length}`, type }],
      initializer: [],
    },
    ...{ opsetImport: [{ domain: '', version: 17 }], metadataProps: [] },
  });
}
