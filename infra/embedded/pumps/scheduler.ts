import { randomUUID } from 'node:crypto';
import type { ScheduledEvent } from 'aws-lambda';
import { schedules } from '../../topology.ts';
import type { Invoker } from '../invoke/invoker.ts';
import type { Pump } from './consume.ts';

/**
 * Runs each schedule at the start and then at its rate. Runs never overlap: a run that takes longer than the interval
 * delays the next one.
 */
export function runSchedules(
  invoker: Invoker,
  now: () => number,
  onError: (error: unknown, where: string) => void,
): Pump[] {
  return schedules.map((schedule) => {
    let timer: NodeJS.Timeout | undefined;
    let stopped = false;
    let running: Promise<void> = Promise.resolve();
    const call = async () => invoker.invoke(schedule.target, scheduledEvent(schedule.target, now()));
    const run = (): void => {
      running = call()
        .catch((error: unknown) => onError(error, `schedule of ${schedule.target}`))
        .then(() => {
          if (!stopped) timer = setTimeout(run, schedule.everySeconds * 1000);
        });
    };
    run();
    return {
      async stop() {
        stopped = true;
        clearTimeout(timer);
        await running;
      },
    };
  });
}

function scheduledEvent(name: string, now: number): ScheduledEvent {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.scheduler',
    account: 'local',
    time: new Date(now).toISOString(),
    region: 'local',
    resources: [`arn:aws:scheduler:local:000000000000:schedule/default/${name}`],
    detail: {},
  };
}
