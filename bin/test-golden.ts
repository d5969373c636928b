/**
 * `npm run test:golden [-- PATTERN …]`: files of models opened by PyTorch, ONNX and safetensors, and models that they wrote
 * imported. Creates a virtual environment for them in `.trainyard/golden/` (about 6 GB, since PyTorch brings CUDA along).
 */
import { jest, step } from './steps.ts';
import { virtualEnvironmentOrExit } from './virtual-environment.ts';

virtualEnvironmentOrExit('.trainyard/golden/venv', 'test/golden/requirements.txt');
process.exit(step(process.execPath, jest('test/golden-python/jest.config.mjs', ...process.argv.slice(2))));
