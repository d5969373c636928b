import base from '../jest.config.mjs';

/** The lane that needs Python with `requests`, which `bin/test-clients.ts` installs. */
export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/clients/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 60_000,
};
