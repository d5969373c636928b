import base from '../jest.config.mjs';

/** The lane that needs Python with PyTorch, ONNX and scikit-learn, which `bin/test-golden.ts` installs. */
export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/golden-python/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 300_000,
};
