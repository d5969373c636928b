import base from '../jest.config.mjs';

/** The lane that needs Python with PyTorch, ONNX and scikit-learn, which `bin/test-golden.ts` installs. */
export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/golden-python/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  // A network of 25 million parameters is trained, written and read.
  testTimeout: 900_000,
};
