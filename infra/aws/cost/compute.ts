/** What the deployment costs: idle, from the resources of its templates, and for some workloads. */
import { PRICES } from './prices.ts';
import { HOURS_A_MONTH, LONG_TRAINING, REQUEST, TRAINING } from './profile.ts';

export interface CostLine {
  readonly what: string;
  readonly dollars: number;
}

/** A resource of a template. */
export interface CostedResource {
  readonly Type: string;
  readonly Properties?: { readonly Rules?: readonly unknown[]; readonly ScheduleExpression?: string };
}

const GB = 1e9;
const MINUTES_A_MONTH = HOURS_A_MONTH * 60;

/** An idle month. */
export function idleCost(resources: readonly CostedResource[]): CostLine[] {
  const count = (type: string) => resources.filter(({ Type }) => Type === type).length;
  const ofType = (type: string) => resources.filter(({ Type }) => Type === type);
  const each = (what: string, number: number, price: number): CostLine => ({
    what: `${number} ${what}`,
    dollars: number * price,
  });
  const runs = ofType('AWS::Scheduler::Schedule').reduce((sum, one) => sum + runsOf(one), 0);
  const firewallRules = ofType('AWS::WAFv2::WebACL').reduce(
    (sum, one) => sum + (one.Properties?.Rules?.length ?? 0),
    0,
  );
  const run = PRICES.schedule + PRICES.functionRequest + PRICES.functionMemory * 0.5 * 0.2 + PRICES.tableRead * 6;
  // Lambda polls an empty queue with five pollers, each with a long poll of twenty seconds.
  const polls = count('AWS::Lambda::EventSourceMapping') * 5 * 3 * MINUTES_A_MONTH;
  return [
    each('KMS keys', count('AWS::KMS::Key'), PRICES.kmsKey),
    each('secret (it registers the first account)', count('AWS::SecretsManager::Secret'), PRICES.secret),
    each('alarms', count('AWS::CloudWatch::Alarm'), PRICES.alarm),
    each('dashboard (the first three per account are free)', count('AWS::CloudWatch::Dashboard'), 0),
    each('web application firewall', count('AWS::WAFv2::WebACL'), PRICES.webAcl),
    each('rules of the firewall', firewallRules, PRICES.webAclRule),
    { what: `${runs} runs of schedules`, dollars: runs * run },
    { what: `${polls} questions to empty queues`, dollars: polls * PRICES.message },
  ].filter(({ dollars, what }) => dollars > 0 || !what.startsWith('0 '));
}

function runsOf({ Properties: { ScheduleExpression = '' } = {} }: CostedResource): number {
  const minutes = Number(/^rate\((\d+) minutes?\)$/.exec(ScheduleExpression)?.[1]);
  if (!Number.isInteger(minutes)) throw new RangeError(`rate must be in minutes; got ${ScheduleExpression}`);
  return MINUTES_A_MONTH / minutes;
}

/** The cost of so many authenticated requests. */
export function requestCost(requests: number): CostLine[] {
  const { memoryGb, seconds, tableReads, tableWrites, logBytes, answerBytes } = REQUEST;
  return [
    { what: 'API Gateway', dollars: requests * PRICES.apiRequest },
    { what: 'Functions', dollars: requests * (PRICES.functionRequest + memoryGb * seconds * PRICES.functionMemory) },
    { what: 'Table', dollars: requests * (tableReads * PRICES.tableRead + tableWrites * PRICES.tableWrite) },
    { what: 'Logs', dollars: requests * (logBytes / GB) * PRICES.logs },
    { what: 'Data transfer to the internet', dollars: requests * (answerBytes / GB) * PRICES.transferOut },
  ];
}

/** The cost of so many small trainings in functions, each with its upload and status requests. */
export function trainingCost(trainings: number): CostLine[] {
  const of = TRAINING;
  const compute = of.profileSeconds * of.profileGb + of.trainSeconds * of.trainGb;
  const writes = of.tableWrites + of.trainSeconds * of.tableWritesASecond;
  const match = PRICES.functionRequest + of.matchSeconds * of.matchGb * PRICES.functionMemory + PRICES.tableRead;
  const requests = requestCost(trainings * of.requests).reduce((sum, { dollars }) => sum + dollars, 0);
  return [
    { what: 'Functions for profiling and training', dollars: trainings * compute * PRICES.functionMemory },
    { what: 'Requests about the training', dollars: requests },
    { what: 'Table', dollars: trainings * (writes * PRICES.tableWrite + of.tableReads * PRICES.tableRead) },
    {
      what: 'Files',
      dollars:
        trainings *
        (of.objectWrites * PRICES.objectWrite +
          of.objectReads * PRICES.objectRead +
          of.storedGb * PRICES.objectStorage),
    },
    {
      what: 'Messages and events',
      dollars: trainings * (of.messages * PRICES.message + of.events * (PRICES.event + match)),
    },
    { what: 'Logs', dollars: trainings * (of.logBytes / GB) * PRICES.logs },
  ];
}

/** An hour of a training machine, with its address and disk, at the on-demand price. */
export function machineHour(machine: 'cpuMachine' | 'gpuMachine'): number {
  const disk = (LONG_TRAINING.volumeGb * PRICES.disk) / HOURS_A_MONTH;
  return PRICES[machine] + PRICES.publicAddress + disk;
}

/** A training of one hour on a dedicated machine. */
export const longTrainingCost = (machine: 'cpuMachine' | 'gpuMachine'): number =>
  LONG_TRAINING.machineHours * machineHour(machine);

/** A month of always-on servers for the same work. */
export function serverCost(gpu: boolean): CostLine[] {
  const month = (price: number) => price * HOURS_A_MONTH;
  return [
    { what: 'Two servers', dollars: 2 * month(PRICES.server) },
    { what: 'A load balancer', dollars: month(PRICES.loadBalancer) },
    { what: 'A database', dollars: month(PRICES.database) },
    { what: '200 GB of disk', dollars: 200 * PRICES.disk },
    ...(gpu ? [{ what: 'A machine with a GPU', dollars: month(PRICES.gpuMachine) }] : []),
  ];
}

export const total = (lines: readonly CostLine[]): number => lines.reduce((sum, { dollars }) => sum + dollars, 0);
