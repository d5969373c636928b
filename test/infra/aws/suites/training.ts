import { describe, expect, test } from '@jest/globals';
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

    test('machines with a GPU start from the image that has its driver', () => {
      const images = ofType(prod, 'AWS::Batch::ComputeEnvironment').map(
        (one) => one.Properties.ComputeResources.Ec2Configuration[0].ImageType,
      );
      expect(images).toEqual(['ECS_AL2023', 'ECS_AL2023', 'ECS_AL2023_NVIDIA', 'ECS_AL2023_NVIDIA']);
    });

    test('only what never began is repeated, and no exit is left without a rule', () => {
      for (const { Properties: definition } of ofType(prod, 'AWS::Batch::JobDefinition')) {
        const actions = definition.RetryStrategy.EvaluateOnExit;
        expect(actions.filter((one: { Action: string }) => one.Action === 'RETRY')).toEqual([
          { Action: 'RETRY', OnReason: 'CannotPullContainerError:*' },
        ]);
        expect(actions).toContainEqual({ Action: 'EXIT', OnStatusReason: 'Host EC2*' });
        expect(actions.at(-1)).toEqual({ Action: 'EXIT', OnReason: '*' });
        expect(definition.Timeout.AttemptDurationSeconds).toBe(86_400);
      }
    });

    test('a container changes no file of its own and learns where everything is', () => {
      for (const { Properties: definition } of ofType(prod, 'AWS::Batch::JobDefinition')) {
        const container = definition.ContainerProperties;
        expect(container.ReadonlyRootFilesystem).toBe(true);
        expect(container.Privileged).not.toBe(true);
        const names = container.Environment.map((one: { Name: string }) => one.Name);
        expect(names).toEqual(
          expect.arrayContaining(['TRAINYARD_TABLE', 'TRAINYARD_BUCKET_DATASETS', 'TRAINYARD_BUS']),
        );
      }
      const gpus = ofType(prod, 'AWS::Batch::JobDefinition').map(
        ({ Properties: { ContainerProperties: one } }) =>
          one.ResourceRequirements.filter((needed: { Type: string }) => needed.Type === 'GPU').length,
      );
      expect(gpus).toEqual([0, 1]);
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
        expect(template.LaunchTemplateData.BlockDeviceMappings[0].Ebs.Encrypted).toBe(true);
      }
    });

    test('is named to the functions by the very names that it has', () => {
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
