import base from '../jest.config.mjs';

/** The lane that needs Python with other implementations of what the vault does, which `bin/test-vault.ts` installs. */
export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/vault-python/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 60_000,
};
