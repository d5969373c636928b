import base from '../jest.config.mjs';

/** The lane that needs nginx and Caddy, for which `bin/test-proxy.ts` looks. */
export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/proxy/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
};
