/** Jobs for which Batch finds no machine: how it reports them, and what their owner can do. */

/** The kinds of machines, each with a queue of its own. */
type Device = 'cpu' | 'gpu';

/**
 * The reasons for which a Batch queue can cancel a job that it cannot start. Its other reasons (permissions, an invalid
 * environment, "undetermined") allow no such action, and an exhausted quota shows as one of those or not at all: the
 * sweep handles them.
 */
export const CAPACITY = 'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY';
export const TOO_FEW_PROCESSORS = 'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE';
export const TOO_SMALL_MACHINES = 'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT';

const CANCELLED = /JobStateTimeLimit action due to reason: *([\w:]+)/;

/**
 * Why Batch cancelled a job that it could not start, from its status reason. `undefined`: something else ended the job.
 */
export const unplacedReason = (statusReason: string): string | undefined => CANCELLED.exec(statusReason)?.[1];

const MACHINE: Readonly<Record<Device, string>> = { cpu: 'machine', gpu: 'machine with a GPU' };

/** Their names in Service Quotas. */
const QUOTAS: Readonly<Record<Device, string>> = {
  cpu: '"Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances" or "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests"',
  gpu: '"Running On-Demand G and VT instances" or "All G and VT Spot Instance Requests"',
};

const INSTEAD: Readonly<Record<Device, string>> = {
  cpu: 'if the training is short, choose compute "function"',
  gpu: 'choose compute "cpu"',
};

const SENTENCES: Readonly<Record<string, (device: Device) => string>> = {
  [CAPACITY]: (device) =>
    `No ${MACHINE[device]} became available within the waiting time. If the AWS account's quota is too small, request an increase of ${QUOTAS[device]} from Service Quotas (Amazon EC2), 4 vCPUs for each concurrent job; otherwise try again later, or ${INSTEAD[device]}`,
  [TOO_FEW_PROCESSORS]: (device) =>
    `The installation allows fewer vCPUs at once than a training needs: its operator must set maxVcpus.${device} to at least 4; until then ${INSTEAD[device]}`,
  [TOO_SMALL_MACHINES]: (device) =>
    `No ${MACHINE[device]} of the installation is as large as a training needs: its operator must add larger ones; until then ${INSTEAD[device]}`,
};

/** The failure message of a job that never got a machine. */
export function unplacedFailure(reason: string, device: Device): string {
  const known = SENTENCES[reason];
  if (known) return known(device);
  return `AWS Batch could not start the job for the reason ${reason}: the installation's operator must check its queue; until then ${INSTEAD[device]}`;
}
