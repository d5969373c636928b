import base from '../jest.config.mjs';

/** The lane that needs an emulator of AWS, which `bin/test-cloud.ts` installs. */
export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/cloud/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 60_000,
};
