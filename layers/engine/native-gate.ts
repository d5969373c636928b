/**
 * A worker thread that is terminated within a call of ONNX Runtime ends the whole process: when the call returns, its
 * binding throws in C++ where no JavaScript can run any more, and nobody can catch that (seen with onnxruntime-node 1.30.0).
 * So the calls of a thread, and whoever terminates it, share a gate. It is closed between two calls only, and a thread that
 * finds it closed waits for its end.
 *
 *     the thread          open ── enters ──▶ within ── leaves ──▶ open
 *     who terminates it                      (waits)              open ── closes ──▶ closed
 *
 * This module does not load the runtime.
 */
const STATE = { open: 0, within: 1, closed: 2 } as const;

export type NativeGate = Int32Array<SharedArrayBuffer>;

export const makeNativeGate = (): NativeGate => new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/** Of this thread, where another one may terminate it. */
let own: NativeGate | undefined;

/** From now on, this thread's calls of the runtime go through the gate. */
export function useNativeGate(gate: NativeGate): void {
  own = gate;
}

/** What `call` returns, which is one call of the runtime or several that take no time. It may contain no other. */
export function throughNativeGate<T>(call: () => T): T {
  if (!own) return call();
  // Returns when the thread is terminated, and then no further line runs.
  if (Atomics.compareExchange(own, 0, STATE.open, STATE.within) === STATE.closed) Atomics.wait(own, 0, STATE.closed);
  try {
    return call();
  } finally {
    Atomics.store(own, 0, STATE.open);
    Atomics.notify(own, 0);
  }
}

/** Waits for the call that is in progress, however long it takes. Afterwards the thread can be terminated. */
export async function closeNativeGate(gate: NativeGate): Promise<void> {
  while (Atomics.compareExchange(gate, 0, STATE.open, STATE.closed) === STATE.within) {
    await Atomics.waitAsync(gate, 0, STATE.within).value;
  }
}
