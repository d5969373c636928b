/** What holds data in a deployment, and by what CloudFormation knows it from one deployment to the next. */
import type { Resource, Synthesized } from './synthesized.ts';

/** Properties that CloudFormation cannot change: with another value it makes another resource, which is empty. */
const FIXED: Readonly<Record<string, readonly string[]>> = {
  'AWS::DynamoDB::Table': ['TableName', 'KeySchema', 'LocalSecondaryIndexes'],
  'AWS::S3::Bucket': ['BucketName'],
  'AWS::KMS::Key': ['KeySpec', 'KeyUsage', 'MultiRegion', 'Origin'],
  'AWS::KMS::Alias': ['AliasName', 'TargetKeyId'],
  'AWS::SQS::Queue': ['QueueName', 'FifoQueue'],
  'AWS::Events::EventBus': ['Name'],
};

export interface DataResource {
  readonly type: string;
  readonly fixed: Readonly<Record<string, unknown>>;
  /** Of a table. More may be added. */
  readonly attributes?: Readonly<Record<string, string>>;
  readonly indexes?: Readonly<Record<string, unknown>>;
}

/** By stack and logical id: a resource with another one is another resource. */
export function dataResources({ resources }: Synthesized): Readonly<Record<string, DataResource>> {
  const found = resources.flatMap((resource) => {
    const names = FIXED[resource.Type];
    if (names === undefined) return [];
    const fixed = Object.fromEntries(names.map((name) => [name, resource.Properties[name] ?? null]));
    return [[`${resource.stack}/${resource.id}`, { type: resource.Type, fixed, ...tableFacts(resource) }] as const];
  });
  return Object.fromEntries(found);
}

interface Attribute {
  readonly AttributeName: string;
  readonly AttributeType: string;
}

interface Index {
  readonly IndexName: string;
  readonly KeySchema: unknown;
  readonly Projection: unknown;
}

function tableFacts({ Type, Properties }: Resource): Pick<DataResource, 'attributes' | 'indexes'> {
  if (Type !== 'AWS::DynamoDB::Table') return {};
  const attributes: readonly Attribute[] = Properties.AttributeDefinitions;
  const indexes: readonly Index[] = Properties.GlobalSecondaryIndexes ?? [];
  return {
    attributes: Object.fromEntries(attributes.map((one) => [one.AttributeName, one.AttributeType])),
    indexes: Object.fromEntries(indexes.map(({ IndexName, ...more }) => [IndexName, more])),
  };
}
