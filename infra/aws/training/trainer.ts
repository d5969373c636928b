import { type Duration, Size } from 'aws-cdk-lib';
import {
  Action,
  EcsEc2ContainerDefinition,
  EcsJobDefinition,
  EcsVolume,
  LinuxParameters,
  Reason,
  RetryStrategy,
  TmpfsMountOption,
} from 'aws-cdk-lib/aws-batch';
import { type ContainerImage, LogDriver } from 'aws-cdk-lib/aws-ecs';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup, LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Device } from '../functions/world.ts';
import { RETRY_ATTEMPTS, RETRY_RULES } from './retry-rules.ts';

/** What fits on the smallest machine of each kind beside the ECS agent. */
const SHAPES = {
  cpu: { cpu: 4, memory: Size.gibibytes(7) },
  gpu: { cpu: 4, memory: Size.gibibytes(14), gpu: 1 },
} as const satisfies Record<Device, object>;

const RETRIES = RETRY_RULES.map(({ action, ...when }) => RetryStrategy.of(Action[action], Reason.custom(when)));

/** On the machine's disk, for data that do not fit into memory: the container's other files are read-only. */
const SCRATCH = '/scratch';

export interface TrainerProps {
  readonly device: Device;
  readonly name: string;
  readonly image: ContainerImage;
  readonly role: IRole;
  readonly logs: LogGroup;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeout: Duration;
}

/**
 * The job definition of the trainer: an unprivileged user, a read-only file system, a scratch folder and a small tmpfs.
 */
export class Trainer extends Construct {
  readonly definition: EcsJobDefinition;

  constructor(scope: Construct, id: string, props: TrainerProps) {
    super(scope, id);
    const linuxParameters = new LinuxParameters(this, 'Linux', { initProcessEnabled: true });
    linuxParameters.addTmpfs({
      containerPath: '/tmp',
      size: Size.gibibytes(1),
      mountOptions: [TmpfsMountOption.RW, TmpfsMountOption.NOEXEC, TmpfsMountOption.NOSUID, TmpfsMountOption.NODEV],
    });
    this.definition = new EcsJobDefinition(this, 'Definition', {
      jobDefinitionName: props.name,
      container: new EcsEc2ContainerDefinition(this, 'Container', {
        ...SHAPES[props.device],
        image: props.image,
        jobRole: props.role,
        environment: { ...props.environment, TRAINYARD_SCRATCH: SCRATCH },
        logging: LogDriver.awsLogs({ streamPrefix: props.device, logGroup: props.logs as ILogGroup }),
        readonlyRootFilesystem: true,
        linuxParameters,
        // Without a host path it is a volume of the container's own; its owner and mode come from the image.
        volumes: [EcsVolume.host({ name: 'scratch', containerPath: SCRATCH })],
      }),
      retryAttempts: RETRY_ATTEMPTS,
      retryStrategies: RETRIES,
      timeout: props.timeout,
      // The jobs of one account all have the same priority.
      schedulingPriority: 1,
      propagateTags: true,
    });
  }
}
