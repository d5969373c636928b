import { Duration, Stack } from 'aws-cdk-lib';
import {
  AccessLogFormat,
  AuthorizationType,
  type CfnRestApi,
  EndpointAccessMode,
  EndpointType,
  type IResource,
  type IRestApi,
  LambdaIntegration,
  LogGroupLogDestination,
  MethodLoggingLevel,
  ResponseTransferMode,
  RestApi,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigateway';
import { type ILogGroup, LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { type FunctionName, functions, type Surface, type SurfaceName } from '#infra/topology.ts';
import { acknowledge } from '../acknowledge.ts';
import type { TrainyardFunction } from '../functions/function.ts';
import { type Installation, prefixOf, removalOf, retentionOf } from '../scope.ts';
import { addErrors } from './errors.ts';
import { resourcesOf } from './routes.ts';

/** The longest integration timeout of a REST API for buffered responses, without a raised quota. */
const WHOLE_ANSWER = Duration.seconds(29);

export interface SurfaceApiProps {
  readonly name: SurfaceName;
  readonly surface: Surface;
  readonly installation: Installation;
  readonly functionOf: (name: FunctionName) => TrainyardFunction;
}

/**
 * The REST API of one surface. Its stage is the surface's base path, so that functions see paths without it. All media
 * types count as binary, so that a body arrives unchanged. It takes TLS 1.2 and 1.3.
 */
export class SurfaceApi extends RestApi {
  constructor(scope: Construct, id: string, { name, surface, installation, functionOf }: SurfaceApiProps) {
    const { throttle } = installation.settings;
    const logs = new LogGroup(scope, `${id}AccessLogs`, {
      retention: retentionOf(installation),
      removalPolicy: removalOf(installation),
    });
    super(scope, id, {
      restApiName: `${prefixOf(installation)}-${name}`,
      description: `${surface.title} of Trainyard (${installation.stage})`,
      endpointTypes: [EndpointType.REGIONAL],
      binaryMediaTypes: ['*/*'],
      // Beside a domain of one's own it would be a second way in, without that domain's name.
      disableExecuteApiEndpoint: installation.settings.domain !== undefined,
      cloudWatchRole: false,
      deployOptions: {
        stageName: surface.cloudBase.slice(1),
        accessLogDestination: new LogGroupLogDestination(logs as ILogGroup),
        accessLogFormat: AccessLogFormat.jsonWithStandardFields({
          caller: false,
          httpMethod: true,
          ip: true,
          protocol: true,
          requestTime: true,
          resourcePath: true,
          responseLength: true,
          status: true,
          user: false,
        }),
        // Errors only: at INFO the log would contain whole requests.
        loggingLevel: MethodLoggingLevel.ERROR,
        dataTraceEnabled: false,
        metricsEnabled: true,
        throttlingRateLimit: throttle.rate,
        throttlingBurstLimit: throttle.burst,
      },
    });
    const api = this.node.defaultChild as CfnRestApi;
    api.securityPolicy = SecurityPolicy.TLS13_1_2_PQ_2025_09;
    api.endpointAccessMode = EndpointAccessMode.BASIC;
    addErrors(this, this as IRestApi, name);
    for (const [path, target] of resourcesOf(surface.routes)) {
      const resource: IResource = path === '/' ? this.root : this.root.resourceForPath(path);
      resource.addMethod('ANY', integrationOf(functionOf(target), target), {
        authorizationType: AuthorizationType.NONE,
      });
    }
    acknowledge(this, {
      'AwsSolutions-APIG2': 'Each function validates its requests by the schemas that its documentation is made of.',
      'AwsSolutions-APIG4': 'Functions verify tokens themselves, as the specification of the surface defines them.',
      'AwsSolutions-COG4': "Accounts and tokens are the platform's own, as its specification defines them.",
      ...(installation.settings.waf
        ? {}
        : { 'AwsSolutions-APIG3': 'A firewall costs money while nobody calls; setting `waf` adds one.' }),
    });
  }

  /** Without a trailing slash. */
  get base(): string {
    const { region, urlSuffix } = Stack.of(this);
    return `https://${this.restApiId}.execute-api.${region}.${urlSuffix}/${this.deploymentStage.stageName}`;
  }
}

function integrationOf(target: TrainyardFunction, name: FunctionName): LambdaIntegration {
  const { streams, timeoutSeconds } = functions[name];
  return new LambdaIntegration(target, {
    allowTestInvoke: false,
    ...(streams
      ? { responseTransferMode: ResponseTransferMode.STREAM, timeout: Duration.seconds(timeoutSeconds) }
      : { timeout: WHOLE_ANSWER }),
  });
}
