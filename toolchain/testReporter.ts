import fs from "node:fs";
import mocha from "mocha";

/** What one mocha process found. */
export interface SuiteResult {
  readonly passed: number;
  readonly failed: number;
  readonly pending: number;
}

/**
 * Mocha's own "spec" output, and the counts as JSON in the file that KILOCODE_TEST_RESULT names. A process
 * that dies before its end leaves no file.
 */
export default class ResultReporter extends mocha.reporters.Spec {
  constructor(runner: mocha.Runner, options?: mocha.MochaOptions) {
    super(runner, options);
    runner.once(mocha.Runner.constants.EVENT_RUN_END, () => {
      const file = process.env.KILOCODE_TEST_RESULT;
      if (file === undefined) return;
      const { passes, failures, pending } = this.stats;
      const result: SuiteResult = { passed: passes, failed: failures, pending };
      fs.writeFileSync(file, JSON.stringify(result));
    });
  }
}
