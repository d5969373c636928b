import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { bootstrapToken } from '#aws/bootstrap-token.ts';
import { clientConfig } from '../client-options.ts';
import type { Part } from './part.ts';

export const bootstrap: Part = ({ variables: { TRAINYARD_BOOTSTRAP_SECRET: secret }, options }) =>
  secret === undefined
    ? {}
    : { bootstrapToken: bootstrapToken(new SecretsManagerClient(clientConfig(options)), secret) };
