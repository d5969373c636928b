/**
 * `npm run test:vault [-- PATTERN …]`: what the vault encrypts, wraps and signs, opened by other implementations, and the
 * other way round: the AWS Encryption SDK for Python, `cryptography`, `model_signing`, and Python's unpickler and `tarfile`.
 * Creates a virtual environment for them in `.trainyard/vault/`.
 */
import { environmentOrExit } from './environments.ts';
import { jest, step } from './steps.ts';

environmentOrExit('vault');
process.exit(step(process.execPath, jest('test/vault-python/jest.config.mjs', ...process.argv.slice(2))));
