import { CfnOutput, RemovalPolicy } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';
import { type Installation, prefixOf } from '../scope.ts';

const CHARACTERS = 43;

/**
 * The token that registers the first account of an installation where not anybody may register: who can read the secret of
 * the AWS account can use it, once. It costs 40 cents a month; afterwards it is of no use, and may be deleted by setting
 * `registration` to `open`, or ignored.
 */
export function bootstrapSecret(scope: Construct, installation: Installation): Secret | undefined {
  if (installation.settings.registration === 'open') return undefined;
  const name = `${prefixOf(installation)}-bootstrap`;
  const secret = new Secret(scope, 'Bootstrap', {
    secretName: name,
    description: 'Registers the first account of Trainyard',
    generateSecretString: { passwordLength: CHARACTERS, excludePunctuation: true },
    removalPolicy: RemovalPolicy.DESTROY,
  });
  acknowledge(secret, { 'AwsSolutions-SMG4': 'It can be used once, for the first account.' });
  new CfnOutput(scope, 'BootstrapCommand', {
    value: `aws secretsmanager get-secret-value --secret-id ${name} --query SecretString --output text`,
    description: 'Prints the invitation with which the first account is registered',
  });
  return secret;
}
