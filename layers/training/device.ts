import type { Job } from '#domain/training/record.ts';
import type { FoundDevice } from '#engine/device.ts';
import type { Device } from '#engine/run.ts';
import type { Log } from './log.ts';

export interface ChosenDevice {
  readonly device: Device;
  /** Why it is not the requested one. */
  readonly deviceReason?: string;
}

/** The device for the job: a GPU if there is one, unless a processor was requested. Logs the choice. */
export async function chooseDevice(
  { compute = 'auto' }: Pick<Job, 'compute'>,
  find: () => Promise<FoundDevice>,
  log: Log,
): Promise<ChosenDevice> {
  if (compute === 'cpu' || compute === 'function') {
    log('INFO', 'device', { device: 'cpu', reason: `compute is ${compute}` });
    return { device: 'cpu' };
  }
  const { device, reason } = await find();
  if (compute === 'gpu' && device === 'cpu') {
    const deviceReason = `compute is gpu, but there is none here: ${reason}`;
    log('WARN', 'device', { device, reason: deviceReason });
    return { device, deviceReason };
  }
  log('INFO', 'device', { device, ...(reason === undefined ? {} : { reason }) });
  return { device };
}
