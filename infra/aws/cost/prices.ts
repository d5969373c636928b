/**
 * Unit prices of AWS in us-east-1, in US dollars, without free tiers and taxes: what a year-old account pays. They were
 * written down from AWS's public price pages as they are remembered to stand at the date below and were not fetched by
 * a program; check those that matter to you before you rely on a total.
 */
export const PRICES_AS_OF = '2026-11-22';
export const PRICES_REGION = 'us-east-1';

const MILLION = 1_000_000;

export const PRICES = {
  /** Per month. */
  kmsKey: 1,
  alarm: 0.1,
  /** Beyond the three that every account has free. */
  dashboard: 3,
  webAcl: 5,
  webAclRule: 1,
  /** Per GB and month. */
  tableStorage: 0.25,
  tableRecovery: 0.2,
  objectStorage: 0.023,
  imageStorage: 0.1,
  /** Per request, or unit of one. */
  apiRequest: 3.5 / MILLION,
  functionRequest: 0.2 / MILLION,
  tableRead: 0.125 / MILLION,
  tableWrite: 0.625 / MILLION,
  objectWrite: 5 / MILLION,
  objectRead: 0.4 / MILLION,
  message: 0.4 / MILLION,
  event: 1 / MILLION,
  schedule: 1 / MILLION,
  kmsSymmetric: 3 / MILLION,
  kmsAsymmetric: 15 / MILLION,
  /** Per GB. */
  logs: 0.5,
  transferOut: 0.09,
  /** Per GB and second, on arm64. */
  functionMemory: 0.0000133334,
  /** Per hour, at the full price. Spot is most often between a third and a half of it. */
  cpuMachine: 0.1785,
  gpuMachine: 0.526,
  publicAddress: 0.005,
  /** For the comparison: two machines that serve, a load balancer, a database that survives one machine, and disks. */
  server: 0.0672,
  loadBalancer: 0.0225,
  database: 0.136,
  /** Per GB and month. */
  disk: 0.08,
} as const;

/** Which machines those are. */
export const MACHINES = {
  cpuMachine: 'c7i.xlarge',
  gpuMachine: 'g4dn.xlarge',
  server: 't4g.large',
  database: 'db.t4g.medium, Multi-AZ',
} as const;
