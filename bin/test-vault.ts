/**
 * `npm run test:vault [-- PATTERN …]`: what the vault encrypts, wraps and signs, opened by other implementations, and the
 * other way round: the AWS Encryption SDK for Python, `cryptography`, `model_signing` and Python's unpickler. Creates a
 * virtual environment for them in `.trainyard/vault/`.
 */
import { jest, step } from './steps.ts';
import { virtualEnvironmentOrExit } from './virtual-environment.ts';

virtualEnvironmentOrExit('.trainyard/vault/venv', 'test/vault-python/requirements.txt');
process.exit(step(process.execPath, jest('test/vault-python/jest.config.mjs', ...process.argv.slice(2))));
