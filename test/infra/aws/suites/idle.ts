import { describe, expect, test } from '@jest/globals';
import { named, ofType, type Resource, type Synthesized, type Variant } from '../synthesized.ts';

/**
 * Resources that are billed by the hour or the month even if nobody uses them. Keys, alarms, storage and the secret that
 * registers the first account are accepted.
 */
const COSTLY: readonly { readonly what: string; readonly is: (of: Resource) => boolean }[] = [
  { what: 'a NAT gateway', is: ({ Type }) => Type === 'AWS::EC2::NatGateway' },
  { what: 'an Elastic IP', is: ({ Type }) => Type === 'AWS::EC2::EIP' },
  {
    what: 'an instance',
    is: ({ Type }) => /^AWS::(EC2::(Instance|SpotFleet|EC2Fleet|Volume)|AutoScaling::)/.test(Type),
  },
  { what: 'a load balancer', is: ({ Type }) => Type.startsWith('AWS::ElasticLoadBalancing') },
  {
    what: 'an interface endpoint',
    is: ({ Type, Properties }) => Type === 'AWS::EC2::VPCEndpoint' && Properties.VpcEndpointType !== 'Gateway',
  },
  { what: 'a VPN or transit gateway', is: ({ Type }) => /^AWS::EC2::(VPN|ClientVpn|TransitGateway)/.test(Type) },
  {
    what: 'machines that wait',
    is: ({ Type, Properties }) => {
      const { MinvCpus, DesiredvCpus } = Properties.ComputeResources ?? {};
      return Type === 'AWS::Batch::ComputeEnvironment' && (MinvCpus !== 0 || (DesiredvCpus ?? 0) !== 0);
    },
  },
  { what: 'a container service', is: ({ Type }) => /^AWS::(ECS::Service|EKS|AppRunner)/.test(Type) },
  {
    what: 'provisioned concurrency',
    is: ({ Properties }) => JSON.stringify(Properties).includes('"ProvisionedConcurren'),
  },
  {
    what: 'provisioned capacity of a table',
    is: ({ Type, Properties }) => Type === 'AWS::DynamoDB::Table' && Properties.BillingMode !== 'PAY_PER_REQUEST',
  },
  {
    what: 'a database, cache, search or stream',
    is: ({ Type }) =>
      /^AWS::(RDS|ElastiCache|OpenSearch|Elasticsearch|Redshift|MSK|Neptune|DocDB|MemoryDB|DAX|Kinesis)/.test(Type),
  },
  { what: 'a model endpoint or notebook', is: ({ Type }) => Type.startsWith('AWS::SageMaker::') },
  {
    what: 'a cache of an API',
    is: ({ Type, Properties }) => Type === 'AWS::ApiGateway::Stage' && Properties.CacheClusterEnabled === true,
  },
  { what: 'a web application firewall', is: ({ Type }) => Type === 'AWS::WAFv2::WebACL' },
  {
    what: 'a zone, accelerator, firewall, directory or certificate authority',
    is: ({ Type }) =>
      /^AWS::(Route53::HostedZone|GlobalAccelerator|NetworkFirewall|DirectoryService|ACMPCA)/.test(Type),
  },
  {
    what: 'something that watches all the time',
    is: ({ Type }) => /^AWS::(Synthetics|GuardDuty|Config|SecurityHub|Macie|Inspector)/.test(Type),
  },
  { what: 'a file system', is: ({ Type }) => /^AWS::(EFS|FSx)/.test(Type) },
];

const costly = (resources: readonly Resource[]): string[] =>
  resources.flatMap((one) => COSTLY.filter(({ is }) => is(one)).map(({ what }) => `${what}: ${named(one)}`));

export function idle({ dev, prod, full, small }: Readonly<Record<Variant, Synthesized>>): void {
  describe('while nobody uses it', () => {
    test.each(['dev', 'prod', 'small'] as const)(
      'nothing costs money but keys, alarms, storage and one secret (%s)',
      (name) => {
        expect(costly({ dev, prod, small }[name].resources)).toEqual([]);
      },
    );

    test('but a firewall does, which is why it is optional', () => {
      expect(costly(full.resources)).toEqual([expect.stringMatching(/^a web application firewall/)]);
    });

    test('an idle machine would be noticed', () => {
      const waiting = ofType(prod, 'AWS::Batch::ComputeEnvironment').map((one) => ({
        ...one,
        Properties: { ComputeResources: { ...one.Properties.ComputeResources, MinvCpus: 2 } },
      }));
      expect(costly(waiting)).toHaveLength(4);
    });

    test('three keys and a secret are paid for', () => {
      expect(ofType(prod, 'AWS::KMS::Key')).toHaveLength(3);
      expect(ofType(prod, 'AWS::SecretsManager::Secret')).toHaveLength(1);
    });
  });
}
