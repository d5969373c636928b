import { KMSClient } from '@aws-sdk/client-kms';
import { KmsKeys } from '#aws/keys/keys.ts';
import { clientConfig } from '../client-options.ts';
import type { Part } from './part.ts';

export const keys: Part = ({ variables, options }) => ({
  keys: new KmsKeys({
    client: new KMSClient(clientConfig(options)),
    tokenKeys: variables.TRAINYARD_KEY_TOKENS,
    dataKey: variables.TRAINYARD_KEY_DATA,
  }),
});
