import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** Reads the secret that a deployment made; see `infra/aws/data/bootstrap.ts`. Nothing is cached: it is read once, or by guessers. */
export const bootstrapToken =
  (client: SecretsManagerClient, secretId: string) => async (): Promise<string | undefined> =>
    (await client.send(new GetSecretValueCommand({ SecretId: secretId }))).SecretString;
