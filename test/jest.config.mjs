const swc = { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, sourceMaps: 'inline' };

export default {
  rootDir: '..',
  roots: ['<rootDir>/test'],
  testEnvironment: '<rootDir>/test/environment.cjs',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['@swc/jest', swc] },
  reporters: ['default', '<rootDir>/test/closing-line.mjs'],
  testTimeout: 30_000,
};
