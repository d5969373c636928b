/** `docs/cost.md`, from the resources of a deployment. */
import {
  type CostedResource,
  type CostLine,
  idleCost,
  longTrainingCost,
  requestCost,
  serverCost,
  total,
  trainingCost,
} from './compute.ts';
import { MACHINES, PRICES_AS_OF, PRICES_REGION } from './prices.ts';
import { REQUEST, TRAINING } from './profile.ts';

const dollars = (amount: number): string => `$${amount.toFixed(2)}`;

const table = (title: string, lines: readonly CostLine[]): string =>
  [
    `| ${title} | US dollars |`,
    '| --- | ---: |',
    ...lines.map((line) => `| ${line.what} | ${dollars(line.dollars)} |`),
    `| **Together** | **${dollars(total(lines))}** |`,
  ].join('\n');

/** A month's workload, priced on Trainyard and on servers. */
interface Month {
  readonly title: string;
  readonly trainings: number;
  readonly requests: number;
}
const MONTHS: readonly Month[] = [
  { title: 'Nobody does anything', trainings: 0, requests: 0 },
  { title: '1,000 trainings, 100,000 requests', trainings: 1_000, requests: 100_000 },
  { title: '1,000 trainings, a million requests', trainings: 1_000, requests: 1_000_000 },
  { title: '20,000 trainings, 20 million requests', trainings: 20_000, requests: 20_000_000 },
];

/** `resources` are those of a production stage with default settings. */
export function costDocument(resources: readonly CostedResource[]): string {
  const idle = total(idleCost(resources));
  const servers = total(serverCost(false));
  const months = MONTHS.map(({ title, trainings, requests }) => {
    const here = idle + total(trainingCost(trainings)) + total(requestCost(requests));
    return `| ${title} | ${dollars(here)} | ${dollars(servers)} |`;
  });
  return `# What it costs

Computed by \`infra/aws/cost/main.ts\` from the templates of a production stage as it comes, with the unit prices in
[\`prices.ts\`](../infra/aws/cost/prices.ts) (${PRICES_REGION}, looked up on ${PRICES_AS_OF}, each with its source; without free
tiers, discounts and taxes) and the work in [\`profile.ts\`](../infra/aws/cost/profile.ts), whose requests a test counts and whose
seconds are estimates. The prices are in that one file so that you can put in your region's. A test compares this page with
the templates.

## A month in which nobody does anything

${table('What', idleCost(resources))}

To this comes what is stored: $0.023 a GB of files, $0.45 a GB in the table with its recovery. A key that KMS rotated
costs a dollar more for each of its first two rotations, one a year. Nothing else is paid for
by the hour: no machine, NAT gateway, load balancer, interface endpoint or provisioned capacity, which a test makes sure
of. A Lambda mapping asks its queue all the time; an account's first million such questions each month are free.

## A million requests

By callers who are logged in, ${REQUEST.seconds * 1000} ms each in a function of ${REQUEST.memoryGb} GB.

${table('What', requestCost(1_000_000))}

## A thousand trainings

Small tables, each with its upload, ${TRAINING.requests} requests about it, ${TRAINING.profileSeconds} s of profiling and
${TRAINING.trainSeconds} s of training, in functions.

${table('What', trainingCost(1_000))}

A training of an hour in a container costs ${dollars(longTrainingCost('cpuMachine'))} on a machine without a GPU
(${MACHINES.cpuMachine}) and ${dollars(longTrainingCost('gpuMachine'))} on one with a GPU (${MACHINES.gpuMachine}), at the
full price; both are tried on spot first, which is most often between a third and a half of that.

## The same on servers that are always on

${table(`Two ${MACHINES.server}, a ${MACHINES.database}`, serverCost(false))}

With a machine that has a GPU (${MACHINES.gpuMachine}) waiting beside them: ${dollars(total(serverCost(true)))}.

| A month | Trainyard | Servers |
| --- | ---: | ---: |
${months.join('\n')}

Servers become cheaper when they are busy all the time, and not before. Their price leaves out the work of keeping them
patched; Trainyard's leaves out that a request to a function that slept takes longer.
`;
}
