// Tests run in realms with copies of the environment: what the process itself is to have is set before there are any.
import '../layers/engine/telemetry.ts';

const swc = {
  jsc: { parser: { syntax: 'typescript' }, target: 'es2024', experimental: { keepImportAttributes: true } },
  sourceMaps: 'inline',
};

export default {
  rootDir: '..',
  roots: ['<rootDir>/test'],
  testEnvironment: '<rootDir>/test/environment.cjs',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // Lanes of their own, with configurations of their own: `npm run test:cloud`, `test:proxy`, `test:clients`, …
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/test/cloud/',
    '<rootDir>/test/proxy/',
    '<rootDir>/test/clients/',
    '<rootDir>/test/browser/',
    '<rootDir>/test/schemathesis/',
    '<rootDir>/test/vault-python/',
    '<rootDir>/test/golden-python/',
  ],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['@swc/jest', swc] },
  reporters: ['default', '<rootDir>/test/closing-line.mjs'],
  testTimeout: 30_000,
};
