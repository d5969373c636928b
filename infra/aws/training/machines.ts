import { Duration, Size } from 'aws-cdk-lib';
import {
  AllocationStrategy,
  EcsMachineImageType,
  FairshareSchedulingPolicy,
  type IFairshareSchedulingPolicy,
  type IManagedEc2EcsComputeEnvironment,
  JobQueue,
  ManagedEc2EcsComputeEnvironment,
} from 'aws-cdk-lib/aws-batch';
import {
  BlockDeviceVolume,
  EbsDeviceVolumeType,
  InstanceClass,
  type IVpc,
  LaunchTemplate,
  MultipartBody,
  MultipartUserData,
} from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';
import type { Device } from '../functions/world.ts';
import type { Installation } from '../scope.ts';
import type { Network } from './network.ts';
import { timeLimits } from './time-limits.ts';

interface Kind {
  readonly imageType: EcsMachineImageType;
  readonly instanceClasses: readonly InstanceClass[];
  /** Of the root volume, which stores images: the one with CUDA is large. */
  readonly volume: Size;
}

/** x86-64, because that is what the image is built for. */
const KINDS: Readonly<Record<Device, Kind>> = {
  cpu: {
    imageType: EcsMachineImageType.ECS_AL2023,
    instanceClasses: [InstanceClass.C7I, InstanceClass.C6I, InstanceClass.M7I, InstanceClass.M6I],
    volume: Size.gibibytes(50),
  },
  gpu: {
    imageType: EcsMachineImageType.ECS_AL2023_NVIDIA,
    instanceClasses: [InstanceClass.G4DN, InstanceClass.G5, InstanceClass.G6],
    volume: Size.gibibytes(100),
  },
};

/** What on-demand machines get of the maximum: for when there are no spot machines. A machine has four processors or more. */
const ON_DEMAND_SHARE = 1 / 4;
const MACHINE_VCPUS = 4;

/** The maximum of each, which together are the installation's. */
export function shares(maxVcpus: number): { readonly spot: number; readonly onDemand: number } {
  const machines = Math.max(1, Math.floor((maxVcpus * ON_DEMAND_SHARE) / MACHINE_VCPUS));
  const onDemand = machines * MACHINE_VCPUS;
  return { spot: maxVcpus - onDemand, onDemand };
}

/** For how long Batch remembers which accounts had machines: about as long as many trainings take. */
const SHARE_DECAY = Duration.hours(1);

/** The user that the image runs as. */
const TRAINER_USER = 10_001;

/**
 * Batch containers use the network of their machine, so they could reach the metadata service and through it get the
 * machine's role: the firewall of the machine blocks the trainer's user. A container gets its own role from another
 * address. The user data are multipart because Batch adds its own.
 */
function refuseMetadata(): MultipartUserData {
  const rule = `OUTPUT --destination 169.254.169.254 --match owner --uid-owner ${TRAINER_USER} --jump REJECT`;
  const body = `#!/bin/bash\niptables --insert ${rule}\n`;
  const userData = new MultipartUserData();
  userData.addPart(MultipartBody.fromRawBody({ contentType: 'text/x-shellscript; charset="us-ascii"', body }));
  return userData;
}

const ROLE_POLICY = 'service-role/AmazonEC2ContainerServiceforEC2Role';

/**
 * Machines of one kind and the queue of jobs for them. None runs while there is no job. Spot machines come first; if none
 * is available, or their maximum is running, jobs go to on-demand machines. Of the waiting jobs, the next is one of the
 * account that has used the least.
 */
export class Machines extends Construct {
  readonly queue: JobQueue;

  constructor(
    scope: Construct,
    id: string,
    props: {
      readonly device: Device;
      readonly queueName: string;
      readonly installation: Installation;
      readonly network: Network;
    },
  ) {
    super(scope, id);
    const { device, queueName, installation, network } = props;
    const { imageType, instanceClasses, volume } = KINDS[device];
    const instanceRole = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName(ROLE_POLICY)],
    });
    acknowledge(instanceRole, {
      [`AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${ROLE_POLICY}]`]:
        'What the ECS agent of a machine needs, kept by AWS. The trainer has a role of its own, and its user is kept from this one.',
    });
    const launchTemplate = new LaunchTemplate(this, 'Template', {
      requireImdsv2: true,
      httpPutResponseHopLimit: 1,
      userData: refuseMetadata(),
      blockDevices: [
        {
          deviceName: '/dev/xvda',
          volume: BlockDeviceVolume.ebs(volume.toGibibytes(), {
            encrypted: true,
            volumeType: EbsDeviceVolumeType.GP3,
            deleteOnTermination: true,
          }),
        },
      ],
    });
    const most = shares(installation.settings.maxVcpus[device]);
    const environment = (name: string, spot: boolean) =>
      new ManagedEc2EcsComputeEnvironment(this, name, {
        vpc: network.vpc as IVpc,
        vpcSubnets: { subnets: network.vpc.publicSubnets },
        securityGroups: [network.securityGroup],
        instanceRole,
        launchTemplate,
        images: [{ imageType }],
        instanceClasses: [...instanceClasses],
        useOptimalInstanceClasses: false,
        minvCpus: 0,
        maxvCpus: spot ? most.spot : most.onDemand,
        spot,
        allocationStrategy: spot
          ? AllocationStrategy.SPOT_PRICE_CAPACITY_OPTIMIZED
          : AllocationStrategy.BEST_FIT_PROGRESSIVE,
        updateToLatestImageVersion: true,
      }) as IManagedEc2EcsComputeEnvironment;
    this.queue = new JobQueue(this, 'Queue', {
      jobQueueName: queueName,
      schedulingPolicy: new FairshareSchedulingPolicy(this, 'Shares', {
        shareDecay: SHARE_DECAY,
      }) as IFairshareSchedulingPolicy,
      computeEnvironments: [
        { computeEnvironment: environment('Spot', true), order: 1 },
        { computeEnvironment: environment('OnDemand', false), order: 2 },
      ],
      jobStateTimeLimitActions: timeLimits(installation.settings),
    });
  }
}
