import { CfnOutput } from 'aws-cdk-lib';
import { BasePathMapping, DomainName, EndpointType, type RestApi, SecurityPolicy } from 'aws-cdk-lib/aws-apigateway';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Construct } from 'constructs';

export interface DomainProps {
  readonly name: string;
  readonly certificate: string;
  /** By their base path, such as `/platform`. */
  readonly apis: ReadonlyMap<string, RestApi>;
}

/** A custom domain for all surfaces, each below its base path. */
export class Domain extends Construct {
  constructor(scope: Construct, id: string, { name, certificate, apis }: DomainProps) {
    super(scope, id);
    const domainName = new DomainName(this, 'Name', {
      domainName: name,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', certificate),
      endpointType: EndpointType.REGIONAL,
      securityPolicy: SecurityPolicy.TLS_1_2,
    });
    for (const [base, restApi] of apis) {
      const basePath = base.slice(1);
      new BasePathMapping(this, basePath, { domainName, restApi, basePath, stage: restApi.deploymentStage });
    }
    new CfnOutput(this, 'PointTo', {
      value: domainName.domainNameAliasDomainName,
      description: `The target for an alias (or CNAME) record of ${name}`,
    });
  }
}
