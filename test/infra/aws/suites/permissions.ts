import { describe, expect, test } from '@jest/globals';
import { functions } from '#infra/topology.ts';
import { named, ofType, type Resource, type Synthesized, type Variant } from '../synthesized.ts';

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: { readonly StringEquals?: Readonly<Record<string, unknown>> };
}

const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/** An ARN with references as `<…>`, for people to read. */
function shown(value: unknown): string {
  if (typeof value === 'string') return value;
  const [kind, of] = Object.entries(value as object)[0]!;
  if (kind === 'Fn::Join') return of[1].map(shown).join(of[0]);
  return `<${kind === 'Ref' ? of : JSON.stringify(of)}>`;
}

/** Everything that our roles may do, whether in a policy or in the role itself. */
function statements(of: Synthesized): { where: Resource; statement: Statement }[] {
  const documents = [
    ...ofType(of, 'AWS::IAM::Policy').map((where) => ({ where, document: where.Properties.PolicyDocument })),
    ...ofType(of, 'AWS::IAM::Role').flatMap((where) =>
      (where.Properties.Policies ?? []).map((policy: { PolicyDocument: object }) => ({
        where,
        document: policy.PolicyDocument,
      })),
    ),
  ];
  return documents.flatMap(({ where, document }) =>
    document.Statement.map((statement: Statement) => ({ where, statement })),
  );
}

/** Actions that cannot be restricted to resources, each with why it is needed. */
const WITHOUT_RESOURCE: Readonly<Record<string, string>> = {
  'batch:DescribeJobs': 'reads the state of a job',
  'batch:ListJobs': 'finds a job by its name, and whether any of its queue runs',
  'ecr:GetAuthorizationToken': 'logs in to pull the image',
};

/** Names that end in a wildcard because what they match is created later. */
const OPEN_ENDS = [
  // The objects of a bucket.
  /^<"trainyard-\w+-data:ExportsOutput\w+Arn\w*">\/\*$/,
  // The revisions of a job definition, and the jobs of Batch.
  /:job-definition\/trainyard-\w+-trainer-[cg]pu:\*$/,
  /:job\/\*$/,
];

export function permissions({ dev, prod, small }: Readonly<Record<Variant, Synthesized>>): void {
  describe('a role', () => {
    test("is a function's own", () => {
      const ours = ofType(prod, 'AWS::Lambda::Function');
      const roles = ours.map((one) => JSON.stringify(one.Properties.Role));
      expect(ours).toHaveLength(Object.keys(functions).length);
      expect(new Set(roles).size).toBe(ours.length);
    });

    test('allows no action by a wildcard', () => {
      for (const made of [dev, prod, small]) {
        expect(statements(made).length).toBeGreaterThan(20);
        const wide = statements(made).filter(({ statement }) =>
          list(statement.Action).some((one) => one.includes('*')),
        );
        expect(wide.map(({ where }) => named(where))).toEqual([]);
      }
    });

    test('allows no resource by a wildcard unless there is no other way', () => {
      for (const made of [dev, prod, small]) {
        const wide = statements(made).flatMap(({ where, statement }) =>
          list(statement.Resource)
            .map(shown)
            .filter((arn) => arn.includes('*'))
            .filter((arn) => !OPEN_ENDS.some((end) => end.test(arn)))
            .filter(
              (arn) => arn !== '*' || !list(statement.Action).every((one) => Object.hasOwn(WITHOUT_RESOURCE, one)),
            )
            .map((arn) => `${named(where)}: ${list(statement.Action)} on ${arn}`),
        );
        expect(wide).toEqual([]);
      }
    });

    test('ends only the jobs of this installation, which it tags when it submits them', () => {
      const about = (action: string) =>
        statements(prod)
          .filter(({ statement }) => list(statement.Action).includes(action))
          .map(({ statement }) => statement.Condition);
      const queues = ['trainyard-prod-fair-cpu', 'trainyard-prod-fair-gpu'];
      expect(about('batch:TerminateJob').length).toBeGreaterThan(1);
      for (const condition of about('batch:TerminateJob')) {
        expect(condition).toEqual({ StringEquals: { 'aws:ResourceTag/trainyard-queue': queues } });
      }
      expect(about('batch:TagResource')).toEqual([{ StringEquals: { 'aws:RequestTag/trainyard-queue': queues } }]);
    });

    test('may use the storage key only through the storage services', () => {
      for (const made of [dev, prod, small]) {
        const using = statements(made)
          .filter(({ statement }) => list(statement.Action).some((one) => /^kms:(?!Sign$|GetPublicKey$)/.test(one)))
          .filter(({ statement }) => statement.Sid !== 'DataKeys');
        expect(using.length).toBeGreaterThan(5);
        for (const { where, statement } of using) {
          const { StringEquals, ...others } = statement.Condition ?? {};
          expect([named(where), list(statement.Resource).length, others]).toEqual([named(where), 1, {}]);
          const through = list(StringEquals?.['kms:ViaService'] ?? []).map(shown);
          expect([named(where), through]).toEqual([
            named(where),
            ['dynamodb', 's3'].map((service) => `${service}.<AWS::Region>.amazonaws.com`),
          ]);
        }
      }
    });

    test('encrypts with the key for data only what its function is to encrypt, and decrypts only what it is to read', () => {
      const using = statements(prod).filter(({ statement }) => statement.Sid === 'DataKeys');
      expect(
        using.map(({ where, statement }) => [where.id.replace(/Role.*/, ''), list(statement.Action).sort()]),
      ).toEqual([
        ['runvaultjob', ['kms:Decrypt', 'kms:GenerateDataKey']],
        ['deliverwebhook', ['kms:Decrypt']],
        ['platformapi', ['kms:Decrypt', 'kms:GenerateDataKey']],
        ['managerfiles', ['kms:Decrypt', 'kms:GenerateDataKey']],
      ]);
      for (const { statement } of using) expect(shown(statement.Resource)).toMatch(/KeysData|Keysdata|DataKey/i);
    });

    test('of a machine has AWS’s own policy for such machines, and no other has a managed policy but that for the logs of an API', () => {
      const managed = ofType(prod, 'AWS::IAM::Role').flatMap((role) =>
        (role.Properties.ManagedPolicyArns ?? []).map((arn: unknown) => `${role.id}: ${shown(arn)}`),
      );
      expect(managed.map((one) => one.replace(/^(\D+?)(Role)?[0-9A-F]{8}: .*\//, '$1 ')).sort()).toEqual([
        'Log AmazonAPIGatewayPushToCloudWatchLogs',
        'Machinescpu AmazonEC2ContainerServiceforEC2Role',
        'Machinesgpu AmazonEC2ContainerServiceforEC2Role',
      ]);
    });

    test('signs only for the function that logs users in, and those that sign models', () => {
      const signing = statements(prod).filter(({ statement }) => list(statement.Action).includes('kms:Sign'));
      expect(signing.map(({ where }) => where.id)).toEqual([
        expect.stringMatching(/^runvaultjob/),
        expect.stringMatching(/^platformapi/),
        expect.stringMatching(/^managerfiles/),
      ]);
    });

    test('allows on the table and the buckets what its function does there', () => {
      const allowed = (role: RegExp, sid: RegExp) =>
        statements(prod)
          .filter(({ where, statement }) => role.test(where.id) && sid.test(statement.Sid ?? ''))
          .flatMap(({ statement: { Sid, Action } }) => list(Action).map((one) => `${Sid} ${one.split(':')[1]}`))
          .sort();
      expect(allowed(/^platformpredict/, /^(Table|Index|.*Objects)$/)).toEqual([
        'ArtifactsObjects GetObject',
        'Table BatchGetItem',
        'Table ConditionCheckItem',
        'Table GetItem',
        'Table PutItem',
        'Table Query',
        'Table UpdateItem',
      ]);
      // The sweep reads the records of Batch's tasks in the table.
      expect(allowed(/^sweep(?!Schedule)/, /^(Table|Index|.*Objects)$/)).toEqual([
        'ArtifactsObjects AbortMultipartUpload',
        'ArtifactsObjects DeleteObject',
        // Logs of predictions, which it looks through for drift.
        'ArtifactsObjects GetObject',
        'BackupsObjects AbortMultipartUpload',
        'BackupsObjects DeleteObject',
        'DatasetsObjects AbortMultipartUpload',
        'DatasetsObjects DeleteObject',
        'Index Query',
        'Table BatchGetItem',
        'Table ConditionCheckItem',
        'Table DeleteItem',
        'Table GetItem',
        'Table PutItem',
        'Table Query',
        'Table UpdateItem',
      ]);
      expect(allowed(/^settletraining/, /^(Table|Index|.*Objects)$/)).toEqual([
        'Table BatchGetItem',
        'Table ConditionCheckItem',
        'Table DeleteItem',
        'Table GetItem',
        'Table PutItem',
        'Table Query',
        'Table UpdateItem',
      ]);
      expect(allowed(/^batchstopped/, /^(Table|Index|.*Objects)$/)).toEqual(['Table UpdateItem']);
      expect(allowed(/^platformapi/, /^DatasetsObjects$/)).toEqual([
        'DatasetsObjects AbortMultipartUpload',
        'DatasetsObjects DeleteObject',
        'DatasetsObjects GetObject',
        'DatasetsObjects ListMultipartUploadParts',
        'DatasetsObjects PutObject',
      ]);
    });

    test('may put nothing if its function only reads', () => {
      const predicting = statements(prod).filter(({ where }) => /^platform(predict|download)/.test(where.id));
      expect(predicting.length).toBeGreaterThan(0);
      const actions = predicting.flatMap(({ statement }) => list(statement.Action));
      const puts = actions.filter((action) => /^s3:(Put|Delete)|^sqs:|^events:|^batch:|^lambda:/.test(action));
      expect(new Set(puts)).toEqual(new Set(['sqs:SendMessage']));
      // To the queue of the log of predictions.
      const sending = predicting.filter(({ statement }) => list(statement.Action).includes('sqs:SendMessage'));
      expect(sending.map(({ where }) => /^platformpredict/.test(where.id))).toEqual(sending.map(() => true));
      expect(sending.every(({ statement }) => /logs/i.test(JSON.stringify(statement.Resource)))).toBe(true);
    });
  });
}
