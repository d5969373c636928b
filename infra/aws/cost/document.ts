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
    `| **Total** | **${dollars(total(lines))}** |`,
  ].join('\n');

/** A month's workload, priced on Trainyard and on servers. */
interface Month {
  readonly title: string;
  readonly trainings: number;
  readonly requests: number;
}
const MONTHS: readonly Month[] = [
  { title: 'Idle', trainings: 0, requests: 0 },
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

\`infra/aws/cost/main.ts\` computes this page from the templates of a production stage with its default settings. The unit
prices are those in [\`prices.ts\`](../infra/aws/cost/prices.ts): ${PRICES_REGION}, looked up on ${PRICES_AS_OF}, each with its
source, without free tiers, discounts and taxes. They are all in that one file, so that you can replace them with those of
your region. The workloads are those in [\`profile.ts\`](../infra/aws/cost/profile.ts). A test counts their requests; their
seconds are estimates. Another test compares this page with the templates.

## An idle month

${table('What', idleCost(resources))}

What is stored costs extra: $0.023 a GB for files, and $0.45 a GB for the table with its point-in-time recovery. KMS rotates
a key once a year, and each of a key's first two rotations adds a dollar to its price. Nothing else is billed by the hour:
there is no machine, NAT gateway, load balancer, interface endpoint or provisioned capacity, and a test makes sure of it.
Lambda polls its queues all the time. An account's first million of these requests are free each month.

A web application firewall (\`waf\`) would add $8 a month. It is worth that where the API is open to the internet and is
attacked: what it blocks is not paid for as calls of functions. The limits of callers, of a surface and of the installation
([deploy](deploy.md#settings)) hold without it.

## A million requests

By callers who are logged in, with ${REQUEST.seconds * 1000} ms each in a function of ${REQUEST.memoryGb} GB.

${table('What', requestCost(1_000_000))}

## A thousand trainings

Small tables in functions, each with its upload, ${TRAINING.requests} requests about it, ${TRAINING.profileSeconds} s of profiling and
${TRAINING.trainSeconds} s of training.

${table('What', trainingCost(1_000))}

An hour of training in a container costs ${dollars(longTrainingCost('cpuMachine'))} on a machine without a GPU
(${MACHINES.cpuMachine}) and ${dollars(longTrainingCost('gpuMachine'))} on one with a GPU (${MACHINES.gpuMachine}), at full
price. Trainyard tries spot machines first. Their price is usually between a third and a half of that.

## The same work on servers that are always on

${table(`Two ${MACHINES.server}, a ${MACHINES.database}`, serverCost(false))}

With a GPU machine (${MACHINES.gpuMachine}) that stands by, it is ${dollars(total(serverCost(true)))}.

| A month | Trainyard | Servers |
| --- | ---: | ---: |
${months.join('\n')}

Servers are cheaper only when they are busy all the time. Their price does not include the work of keeping them patched. On
the other hand, a request to a Trainyard function that was idle takes longer.
`;
}
