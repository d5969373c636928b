import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { CAPACITY, TOO_FEW_PROCESSORS, TOO_SMALL_MACHINES } from '#aws/compute/unplaced.ts';
import { LIMITS } from '#domain/limits.ts';
import { longTrainingCost } from '#infra/aws/cost/compute.ts';
import { LONG_TRAINING } from '#infra/aws/cost/profile.ts';
import { stages } from '#infra/aws/settings.ts';
import { shares } from '#infra/aws/training/machines.ts';
import { functions } from '#infra/topology.ts';
import { named, ofType, type Synthesized, type Variant } from '../synthesized.ts';

export function training({ prod, withoutGpu, small }: Readonly<Record<Variant, Synthesized>>): void {
  const environment = (of: Synthesized): Record<string, unknown> =>
    ofType(of, 'AWS::Lambda::Function')[0]!.Properties.Environment.Variables;

  describe('training in containers', () => {
    test('no machine runs while there is nothing to train; spot comes first', () => {
      const environments = ofType(prod, 'AWS::Batch::ComputeEnvironment');
      expect(environments.map((one) => one.Properties.ComputeResources.Type)).toEqual(['SPOT', 'EC2', 'SPOT', 'EC2']);
      for (const one of environments) {
        expect([named(one), one.Properties.ComputeResources.MinvCpus]).toEqual([named(one), 0]);
      }
      for (const queue of ofType(prod, 'AWS::Batch::JobQueue')) {
        const order = queue.Properties.ComputeEnvironmentOrder;
        const first = order.find((one: { Order: number }) => one.Order === 1);
        expect(JSON.stringify(first.ComputeEnvironment)).toContain('Spot');
      }
    });

    test('no job waits for ever for a machine: each queue cancels what it cannot start, and the sweep the rest', () => {
      const cancels = (Reason: string, MaxTimeSeconds: number) => ({
        ...{ Action: 'CANCEL', State: 'RUNNABLE' },
        ...{ Reason, MaxTimeSeconds },
      });
      const limits = (of: Synthesized) =>
        ofType(of, 'AWS::Batch::JobQueue').map(({ Properties: queue }) => queue.JobStateTimeLimitActions);
      const byDefault = [
        cancels(CAPACITY, 6 * 3600),
        cancels(TOO_FEW_PROCESSORS, 30 * 60),
        cancels(TOO_SMALL_MACHINES, 30 * 60),
      ];
      expect(limits(prod)).toEqual([byDefault, byDefault]);
      expect(JSON.parse(String(environment(prod).TRAINYARD_SETTINGS))).toMatchObject({ waitingSeconds: 6 * 3600 });
      expect(limits(withoutGpu)).toEqual([
        [cancels(CAPACITY, 3600), cancels(TOO_FEW_PROCESSORS, 2 * 3600), cancels(TOO_SMALL_MACHINES, 2 * 3600)],
      ]);
      // Batch has the reason, so its limit is shorter.
      const { waitingSeconds } = JSON.parse(String(environment(withoutGpu).TRAINYARD_SETTINGS));
      expect(waitingSeconds).toBe(2 * 3600);
    });

    test('accounts take turns: each queue is fair, and its name is not that of one which was not', () => {
      const queues = ofType(prod, 'AWS::Batch::JobQueue');
      expect(queues.map(({ Properties: queue }) => queue.JobQueueName)).toEqual([
        'trainyard-prod-fair-cpu',
        'trainyard-prod-fair-gpu',
      ]);
      const policies = ofType(prod, 'AWS::Batch::SchedulingPolicy');
      expect(policies.map(({ Properties: policy }) => policy.FairsharePolicy)).toEqual([
        { ShareDecaySeconds: 3600, ShareDistribution: [] },
        { ShareDecaySeconds: 3600, ShareDistribution: [] },
      ]);
      const named = policies.map(({ id }) => ({ 'Fn::GetAtt': [id, 'Arn'] }));
      expect(queues.map(({ Properties: queue }) => queue.SchedulingPolicyArn)).toEqual(named);
      for (const { Properties: definition } of ofType(prod, 'AWS::Batch::JobDefinition')) {
        expect(definition.SchedulingPriority).toBe(1);
      }
    });

    test('no account can have all machines: there are more than it may have jobs', () => {
      for (const { maxVcpus } of Object.values(stages)) {
        for (const processors of Object.values(maxVcpus)) expect(processors / 4).toBeGreaterThan(LIMITS.activeJobs);
      }
    });

    test('spot and on-demand machines together are no more than the installation may have', () => {
      const most = (device: 'cpu' | 'gpu') =>
        ofType(prod, 'AWS::Batch::ComputeEnvironment')
          .filter(({ id }) => id.startsWith(`Machines${device}`))
          .map((one) => one.Properties.ComputeResources.MaxvCpus as number);
      expect(most('cpu')).toEqual([48, 16]);
      expect(most('gpu')).toEqual([24, 8]);
      for (let all = 8; all < 300; all++) {
        const { spot, onDemand } = shares(all);
        expect([spot + onDemand, spot >= 4, onDemand >= 4]).toEqual([all, true, true]);
      }
    });

    test('machines with a GPU start from the image that has its driver', () => {
      const images = ofType(prod, 'AWS::Batch::ComputeEnvironment').map(
        (one) => one.Properties.ComputeResources.Ec2Configuration[0].ImageType,
      );
      expect(images).toEqual(['ECS_AL2023', 'ECS_AL2023', 'ECS_AL2023_NVIDIA', 'ECS_AL2023_NVIDIA']);
    });

    test('is retried by Batch if the host is at fault, and for no other reason', () => {
      for (const { Properties: definition } of ofType(prod, 'AWS::Batch::JobDefinition')) {
        expect(definition.RetryStrategy).toEqual({
          Attempts: 10,
          EvaluateOnExit: [
            { Action: 'RETRY', OnReason: 'CannotPullContainerError:*' },
            { Action: 'RETRY', OnStatusReason: 'Host EC2*' },
            // A trainer that was interrupted and has saved a checkpoint.
            { Action: 'RETRY', OnExitCode: '75' },
            // Batch retries an end that no rule matches.
            { Action: 'EXIT', OnReason: '*' },
          ],
        });
        expect(definition.Timeout.AttemptDurationSeconds).toBe(86_400);
      }
    });

    test('may read, write and delete its checkpoints: the role of the trainer is that of the training function', () => {
      const actionsOn = (role: RegExp): unknown[] =>
        ofType(prod, 'AWS::IAM::Policy')
          .filter(({ Properties: { Roles } }) => role.test(JSON.stringify(Roles)))
          .flatMap(({ Properties: { PolicyDocument } }) => PolicyDocument.Statement)
          .filter(({ Sid }: { Sid?: string }) => Sid === 'ArtifactsObjects')
          .map(({ Action }: { Action: unknown }) => Action);
      for (const role of [/TrainerRole/, /runtrainingRole/]) {
        expect(actionsOn(role)).toEqual([
          expect.arrayContaining(['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload']),
        ]);
      }
    });

    test('does not pay long for replaced checkpoints', () => {
      const rules = ofType(prod, 'AWS::S3::Bucket').flatMap(
        (one) => one.Properties.LifecycleConfiguration?.Rules ?? [],
      );
      const checkpoints = rules.filter((rule: { Prefix?: string }) => rule.Prefix === 'checkpoints/');
      expect(checkpoints).toMatchObject([{ NoncurrentVersionExpiration: { NoncurrentDays: 1 }, Status: 'Enabled' }]);
    });

    test('a container has a read-only file system and the environment of a function', () => {
      for (const { Properties: definition } of ofType(prod, 'AWS::Batch::JobDefinition')) {
        const container = definition.ContainerProperties;
        expect(container.ReadonlyRootFilesystem).toBe(true);
        expect(container.Privileged).not.toBe(true);
        expect(container.Volumes).toEqual([{ Name: 'scratch', Host: {} }]);
        expect(container.MountPoints).toEqual([{ ContainerPath: '/scratch', SourceVolume: 'scratch' }]);
        const names = container.Environment.map((one: { Name: string }) => one.Name);
        expect(names).toEqual(
          expect.arrayContaining([
            'TRAINYARD_SCRATCH',
            'TRAINYARD_TABLE',
            'TRAINYARD_BUCKET_DATASETS',
            'TRAINYARD_BUS',
          ]),
        );
        // AWS's clients need it, and Batch does not set it.
        expect(container.Environment).toContainEqual({ Name: 'AWS_REGION', Value: { Ref: 'AWS::Region' } });
      }
      const gpus = ofType(prod, 'AWS::Batch::JobDefinition').map(
        ({ Properties: { ContainerProperties: one } }) =>
          one.ResourceRequirements.filter((needed: { Type: string }) => needed.Type === 'GPU').length,
      );
      expect(gpus).toEqual([0, 1]);
    });

    test('has the telemetry of ONNX Runtime off, and so has every function that loads it', () => {
      const off = { ORT_DISABLE_TELEMETRY: '1' };
      for (const { Properties: definition } of ofType(prod, 'AWS::Batch::JobDefinition')) {
        expect(definition.ContainerProperties.Environment).toContainEqual({
          Name: 'ORT_DISABLE_TELEMETRY',
          Value: '1',
        });
      }
      const withRuntime = ofType(prod, 'AWS::Lambda::Function').filter(
        ({ Properties }) => Properties.Layers.length === 2,
      );
      expect(withRuntime.length).toBe(Object.values(functions).filter(({ runtime }) => runtime).length);
      for (const one of withRuntime)
        expect([named(one), one.Properties.Environment.Variables]).toEqual([named(one), expect.objectContaining(off)]);
    });

    test("nothing may connect to a machine, and a container does not reach the machine's credentials", () => {
      for (const group of ofType(prod, 'AWS::EC2::SecurityGroup'))
        expect(group.Properties.SecurityGroupIngress).toBeUndefined();
      expect(ofType(prod, 'AWS::EC2::SecurityGroupIngress')).toEqual([]);
      for (const { Properties: template } of ofType(prod, 'AWS::EC2::LaunchTemplate')) {
        expect(template.LaunchTemplateData.MetadataOptions).toMatchObject({
          HttpTokens: 'required',
          HttpPutResponseHopLimit: 1,
        });
        // A Batch container uses its machine's network: the hop limit does not block it, the machine does.
        const user = /^USER (\d+):/m.exec(readFileSync('containers/trainer/Dockerfile', 'utf8'))?.[1];
        expect(template.LaunchTemplateData.UserData['Fn::Base64']).toMatch(
          new RegExp(
            `^Content-Type: multipart/mixed(.|\n)*--destination 169.254.169.254 .*--uid-owner ${user} .*REJECT`,
          ),
        );
        expect(template.LaunchTemplateData.BlockDeviceMappings[0].Ebs.Encrypted).toBe(true);
      }
    });

    test('has its time limit from the settings, for dispatching and for Batch', () => {
      const { trainingSeconds } = JSON.parse(String(environment(prod).TRAINYARD_SETTINGS));
      const limits = ofType(prod, 'AWS::Batch::JobDefinition').map(
        ({ Properties: { Timeout } }) => Timeout.AttemptDurationSeconds,
      );
      expect(limits).toEqual([trainingSeconds, trainingSeconds]);
    });

    test('tells each trainer, and no other function, the price of a second', () => {
      const priceOf = (settings: unknown) => JSON.parse(String(settings)).trainerSecondPrice;
      const priced = ofType(prod, 'AWS::Lambda::Function')
        .map(({ Properties: one }) => [
          one.FunctionName,
          priceOf(one.Environment?.Variables?.TRAINYARD_SETTINGS ?? '{}'),
        ])
        .filter(([, price]) => price !== undefined);
      // 3008 MB on arm64.
      expect(priced).toEqual([['trainyard-prod-run-training', expect.closeTo(3.9167e-5, 8)]]);
      const machines = ofType(prod, 'AWS::Batch::JobDefinition').map(({ Properties: definition }) =>
        priceOf(
          definition.ContainerProperties.Environment.find(({ Name }: { Name: string }) => Name === 'TRAINYARD_SETTINGS')
            .Value,
        ),
      );
      expect(machines.map((price) => price * 3600)).toEqual([
        expect.closeTo(longTrainingCost('cpuMachine') / LONG_TRAINING.machineHours, 6),
        expect.closeTo(longTrainingCost('gpuMachine') / LONG_TRAINING.machineHours, 6),
      ]);
    });

    test('has the names that the functions are given', () => {
      const { TRAINYARD_BATCH_QUEUE_CPU: cpu, TRAINYARD_BATCH_QUEUE_GPU: gpu } = environment(prod);
      expect(ofType(prod, 'AWS::Batch::JobQueue').map((one) => one.Properties.JobQueueName)).toEqual([cpu, gpu]);
      const { TRAINYARD_BATCH_DEFINITION_CPU: first, TRAINYARD_BATCH_DEFINITION_GPU: second } = environment(prod);
      const definitions = ofType(prod, 'AWS::Batch::JobDefinition').map((one) => one.Properties.JobDefinitionName);
      expect(definitions).toEqual([first, second]);
      const [name] = ofType(prod, 'AWS::Lambda::Function').flatMap((one) => one.Properties.FunctionName ?? []);
      expect(environment(prod).TRAINYARD_TRAINING_FUNCTION).toBe(name);
    });

    test('can do without GPUs, and without containers altogether', () => {
      expect(ofType(withoutGpu, 'AWS::Batch::JobQueue')).toHaveLength(1);
      expect(environment(withoutGpu)).not.toHaveProperty('TRAINYARD_BATCH_QUEUE_GPU');
      expect(small.resources.filter(({ Type }) => /^AWS::(Batch|EC2|ECR|ECS)::/.test(Type))).toEqual([]);
      expect(environment(small)).not.toHaveProperty('TRAINYARD_BATCH_QUEUE_CPU');
    });
  });
}
