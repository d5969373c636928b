import base from '../jest.config.mjs';

/** The lane that needs Schemathesis, a Python program, which `bin/test-schemathesis.ts` installs. */
export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/schemathesis/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  // A longer run takes as long as it was told to.
  testTimeout: 24 * 3_600_000,
};
