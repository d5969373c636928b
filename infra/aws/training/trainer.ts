import { type Duration, Size } from 'aws-cdk-lib';
import {
  Action,
  EcsEc2ContainerDefinition,
  EcsJobDefinition,
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

/** What fits the smallest machine of each kind beside its agent. */
const SHAPES = {
  cpu: { cpu: 4, memory: Size.gibibytes(7) },
  gpu: { cpu: 4, memory: Size.gibibytes(14), gpu: 1 },
} as const satisfies Record<Device, object>;

const RETRIES = RETRY_RULES.map(({ action, ...when }) => RetryStrategy.of(Action[action], Reason.custom(when)));

export interface TrainerProps {
  readonly device: Device;
  readonly name: string;
  readonly image: ContainerImage;
  readonly role: IRole;
  readonly logs: LogGroup;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeout: Duration;
}

/** How Batch starts the trainer: as an ordinary user, with files that it cannot change and a scratch folder in memory. */
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
        environment: { ...props.environment },
        logging: LogDriver.awsLogs({ streamPrefix: props.device, logGroup: props.logs as ILogGroup }),
        readonlyRootFilesystem: true,
        linuxParameters,
      }),
      retryAttempts: RETRY_ATTEMPTS,
      retryStrategies: RETRIES,
      timeout: props.timeout,
      propagateTags: true,
    });
  }
}
