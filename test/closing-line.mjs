import { writeSync } from 'node:fs';

/** Ends a run with the one line that people and CI look for. A test file that cannot be loaded counts as a failure. */
export default class ClosingLine {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    // Jest's own summary comes after the last reporter.
    process.once('exit', () => writeSync(1, `\n${results.numPassedTests} passed, ${failed} failed\n`));
  }
}
