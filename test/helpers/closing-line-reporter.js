/** Closes a test run with one plain line of counts, alone on its line, for scripts to read. */
class ClosingLineReporter {
  onRunComplete(_contexts, results) {
    // A test file that could not even be loaded counts as one failed test.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const tail = skipped > 0 ? `, ${skipped} skipped` : '';
    process.stdout.write(`${results.numPassedTests} passed, ${failed} failed${tail}\n`);
  }
}
module.exports = ClosingLineReporter;
