import { CreateKeyCommand, type CreateKeyCommandInput } from '@aws-sdk/client-kms';
import { KmsKeys } from '#aws/keys/keys.ts';
import { keysConformance } from '../conformance/keys.ts';
import type { Skips } from '../conformance/skips.ts';
import { startMiniStack } from './ministack.ts';

const SKIPS: Skips = {
  'not one bit of it may be changed, nor its length':
    'MiniStack opens altered ciphertexts; AWS answers InvalidCiphertextException',
};

const open = async () => {
  const stack = await startMiniStack();
  const clients = [stack.clients().kms, stack.clients().kms] as const;
  const create = async (input: CreateKeyCommandInput): Promise<string> =>
    (await clients[0].send(new CreateKeyCommand(input))).KeyMetadata?.KeyId ?? '';
  const tokenKeys = [await create({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })];
  const dataKey = await create({ KeySpec: 'SYMMETRIC_DEFAULT' });
  const [keys, again] = clients.map((client) => new KmsKeys({ client, tokenKeys, dataKey }));
  return { keys: keys!, again: again!, close: () => stack.stop() };
};

keysConformance('KMS of MiniStack', open, SKIPS);
