import { describe, expect, test } from '@jest/globals';
import { findDevice } from '#engine/device.ts';
import { type openSession, RuntimeError, type Session } from '#engine/run.ts';

/** A runtime with a GPU, on which a run ends as it is told. */
const withGpu =
  (run: Session['run'], disposed: () => void = () => {}): typeof openSession =>
  async (_, options) => ({
    device: options!.device!,
    inputNames: ['x'],
    outputNames: ['y'],
    run,
    runAtOnce: () => ({}),
    dispose: async () => disposed(),
    [Symbol.asyncDispose]: async () => disposed(),
  });

describe('the device', () => {
  test('is the GPU where a model runs on it, and nothing of the probe stays', async () => {
    let disposed = 0;
    expect(
      await findDevice(
        withGpu(
          async () => ({}),
          () => disposed++,
        ),
      ),
    ).toEqual({ device: 'cuda' });
    expect(disposed).toBe(1);
  });

  test('is the processor where the library is there and its first kernel fails, with the reason in one line', async () => {
    const broken = withGpu(() => Promise.reject(new RuntimeError('no CUDA-capable device is detected\n  at …')));
    expect(await findDevice(broken)).toEqual({ device: 'cpu', reason: 'no CUDA-capable device is detected' });
  });

  test('of this machine is found by the runtime itself', async () => {
    const found = await findDevice();
    // Without a GPU the runtime says what it misses.
    if (found.device === 'cpu') expect(found.reason).toMatch(/cuda|library|driver/i);
    else expect(found).toEqual({ device: 'cuda' });
  });
});
