import {
  FlowLogDestination,
  GatewayVpcEndpointAwsService,
  type IVpc,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { type ILogGroup, LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';
import { type Installation, removalOf, retentionOf } from '../scope.ts';

/**
 * The network of training machines: public subnets, because a NAT gateway would cost money every hour, but without
 * inbound connections. Traffic to S3 and DynamoDB uses gateway endpoints, which are free.
 */
export class Network extends Construct {
  readonly vpc: Vpc;
  readonly securityGroup: SecurityGroup;

  constructor(scope: Construct, id: string, installation: Installation) {
    super(scope, id);
    this.vpc = new Vpc(this, 'Vpc', {
      natGateways: 0,
      subnetConfiguration: [{ name: 'machines', subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: true }],
      gatewayEndpoints: {
        S3: { service: GatewayVpcEndpointAwsService.S3 },
        DynamoDB: { service: GatewayVpcEndpointAwsService.DYNAMODB },
      },
    });
    const logs = new LogGroup(this, 'FlowLogs', {
      retention: retentionOf(installation),
      removalPolicy: removalOf(installation),
    });
    this.vpc.addFlowLog('Flow', { destination: FlowLogDestination.toCloudWatchLogs(logs as ILogGroup) });
    this.securityGroup = new SecurityGroup(this, 'Machines', {
      vpc: this.vpc as IVpc,
      description: 'Training machines: no way in',
      allowAllOutbound: true,
    });
    acknowledge(this, {
      'AwsSolutions-EC23': 'There is no rule for what comes in.',
    });
  }
}
