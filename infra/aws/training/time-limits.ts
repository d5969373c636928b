import { Duration } from 'aws-cdk-lib';
import { type JobStateTimeLimitAction, JobStateTimeLimitActionsReason as Reason } from 'aws-cdk-lib/aws-batch';
import type { Settings } from '../settings.ts';

/**
 * When a queue cancels the job at its head that it cannot start. Capacity may become available; a misconfiguration
 * stays. These are all the reasons that every AWS partition accepts: the sweep ends jobs that wait for any other
 * reason.
 */
export function timeLimits(
  settings: Pick<Settings, 'capacityHours' | 'misconfigurationMinutes'>,
): JobStateTimeLimitAction[] {
  const capacity = Duration.hours(settings.capacityHours);
  const misconfiguration = Duration.minutes(settings.misconfigurationMinutes);
  return [
    { reason: Reason.INSUFFICIENT_INSTANCE_CAPACITY, maxTime: capacity },
    { reason: Reason.COMPUTE_ENVIRONMENT_MAX_RESOURCE, maxTime: misconfiguration },
    { reason: Reason.JOB_RESOURCE_REQUIREMENT, maxTime: misconfiguration },
  ];
}
