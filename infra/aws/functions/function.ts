import { Duration, Size } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { ApplicationLogLevel, Function as LambdaFunction, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { type FunctionName, functions, trainer } from '#infra/topology.ts';
import { architectureOf, removalOf, retentionOf } from '../scope.ts';
import { reservedConcurrency } from './concurrency.ts';
import { environmentOf } from './environment.ts';
import { statementsOf } from './permissions.ts';
import { explainWildcards } from './wildcards.ts';
import type { World } from './world.ts';

export interface TrainyardFunctionProps {
  readonly name: FunctionName;
  readonly world: World;
  /** Only if another stack must know the name in advance. */
  readonly functionName?: string;
}

/** A function of the topology: its program, a role that allows what it uses, and logs with a retention period. */
export class TrainyardFunction extends LambdaFunction {
  constructor(scope: Construct, id: string, { name, world, functionName }: TrainyardFunctionProps) {
    const spec = functions[name];
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      retention: retentionOf(world.installation),
      removalPolicy: removalOf(world.installation),
    });
    const role = new Role(scope, `${id}Role`, {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `What ${name} may do`,
    });
    role.addToPolicy(
      new PolicyStatement({
        sid: 'Logs',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    for (const statement of statementsOf(scope, spec.uses, world)) role.addToPolicy(statement);
    super(scope, id, {
      ...(functionName === undefined ? {} : { functionName }),
      description: `${name} of Trainyard (${world.installation.stage})`,
      runtime: Runtime.NODEJS_24_X,
      architecture: architectureOf(world.installation),
      handler: 'index.handler',
      code: world.programs.codeOf(name),
      layers: [world.libraries, ...(spec.runtime ? [world.runtime] : [])],
      memorySize: spec.memoryMegabytes,
      ...(spec.diskMegabytes === undefined ? {} : { ephemeralStorageSize: Size.mebibytes(spec.diskMegabytes) }),
      timeout: Duration.seconds(spec.timeoutSeconds),
      ...reservedConcurrency(name, world.installation.settings),
      environment: {
        NODE_OPTIONS: '--enable-source-maps',
        ...environmentOf(world, name === trainer.function ? 'function' : undefined),
      },
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
    });
    explainWildcards(role, spec.uses, world);
  }
}
