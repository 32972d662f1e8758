import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { projectRoot } from "./pins.ts";
import { tool } from "./tools.ts";
import type { SuiteResult } from "./testReporter.ts";

export const suites = ["unit", "integration", "e2e"] as const;

const integration = path.join(projectRoot, "test", "integration");

/**
 * Each file of the integration tests has a PostgreSQL of its own and waits for it more than it works: two at once took
 * 12 minutes in place of 22 on two cores. They share an image, which is built before.
 */
const parallel = [
  "--parallel",
  "--jobs",
  String(Math.min(Math.max(os.availableParallelism(), 2), 4)),
  "--require",
  path.join(integration, "buildImageFirst.ts"),
];

/** The name by which `npm test` runs what is checked without running anything: types, lint and the like. */
export const staticSuiteName = "checks";

/** Every test file below a folder. */
export function testFiles(folder: string): string[] {
  if (!fs.existsSync(folder)) return [];
  const entries = fs.readdirSync(folder, { recursive: true, encoding: "utf8" });
  return entries
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => path.join(folder, name))
    .sort();
}

/** Runs test files in a mocha process of their own. One that dies counts as one failure. */
export async function runMocha(files: readonly string[], env: NodeJS.ProcessEnv): Promise<SuiteResult> {
  const sideBySide = files.length > 1 && files.every((file) => file.startsWith(integration + path.sep));
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "kilocode-test-"));
  const result = path.join(folder, "result.json");
  try {
    const reporter = path.join(projectRoot, "toolchain", "testReporter.ts");
    const code = await tool("mocha", ["--reporter", reporter, ...(sideBySide ? parallel : []), ...files], {
      ...env,
      KILOCODE_TEST_RESULT: result,
    });
    const found = fs.existsSync(result)
      ? (JSON.parse(fs.readFileSync(result, "utf8")) as SuiteResult)
      : { passed: 0, failed: 1, pending: 0 };
    // An error outside a test, such as one in a hook or after the end, shows only in the exit code.
    return code !== 0 && found.failed === 0 ? { ...found, failed: 1 } : found;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** A skipped test proves nothing: it counts as failed. The second part is the exit code. */
export function verdict(results: readonly SuiteResult[]): { line: string; code: number } {
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failed + result.pending, 0);
  return { line: `${passed} passed, ${failed} failed`, code: failed > 0 || passed === 0 ? 1 : 0 };
}

/** The one line that `npm run check` ends with: what holds, or what does not. */
export function checkVerdict(
  failedChecks: readonly string[],
  units: SuiteResult,
): { line: string; code: number } {
  const { code } = verdict([units]);
  const faults = [...failedChecks];
  if (code !== 0) faults.push(`unit tests (${verdict([units]).line})`);
  if (faults.length > 0) return { line: `check failed: ${faults.join(", ")}`, code: 1 };
  return {
    line: `check passed: generated files, types, lint, format, ${units.passed} unit tests`,
    code: 0,
  };
}
