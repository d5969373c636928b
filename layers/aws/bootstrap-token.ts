import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type ClientOptions, clientConfig } from './client-options.ts';

/** Reads the secret that a deployment made; see `infra/aws/data/bootstrap.ts`. Nothing is cached: it is read once, or by guessers. */
export async function bootstrapToken(options: ClientOptions, secretId: string): Promise<string | undefined> {
  const client = new SecretsManagerClient(clientConfig(options));
  return (await client.send(new GetSecretValueCommand({ SecretId: secretId }))).SecretString;
}
