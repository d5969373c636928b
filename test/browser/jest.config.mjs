import base from '../jest.config.mjs';

/** The lane that needs a Chromium, which `bin/test-browser.ts` looks for. */
export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/browser/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 60_000,
};
