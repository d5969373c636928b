/**
 * The virtual environments of the lanes that run programs in Python: where each is, and what it holds. As a program,
 * `node bin/with-node.mjs bin/environments.ts`, creates those that are missing, as `.ci/run` does while other lanes run.
 */
import { fileURLToPath } from 'node:url';
import { virtualEnvironmentOrExit } from './virtual-environment.ts';

const ENVIRONMENTS = {
  clients: ['.trainyard/clients/venv', 'test/clients/requirements.txt'],
  schemathesis: ['.trainyard/schemathesis/venv', 'test/schemathesis/requirements.txt'],
  vault: ['.trainyard/vault/venv', 'test/vault-python/requirements.txt'],
  lint: ['.trainyard/cloud/lint', 'infra/aws/lint-requirements.txt'],
  cloud: ['.trainyard/cloud/venv', 'test/cloud/requirements.txt'],
} as const;

/** Creates it if it is missing or outdated. Returns the folder of its programs. */
export function environmentOrExit(name: keyof typeof ENVIRONMENTS): string {
  const [folder, requirements] = ENVIRONMENTS[name];
  return virtualEnvironmentOrExit(folder, requirements);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of Object.keys(ENVIRONMENTS)) environmentOrExit(name as keyof typeof ENVIRONMENTS);
}
