import { projectRoot } from "./pins.ts";
import { say, step } from "./progress.ts";
import { capture, type Finished } from "./run.ts";
import type { SuiteResult } from "./testReporter.ts";
import { toolEnv } from "./tools.ts";

/** What must hold of the sources as they lie there, by name; each is one program. */
const checks = {
  "generated files": [process.execPath, "scripts/generate.ts", "--check"],
  types: ["node_modules/.bin/tsc", "--noEmit"],
  lint: ["node_modules/.bin/oxlint", "--type-aware"],
  format: ["node_modules/.bin/prettier", "--check", "--log-level", "warn", "."],
} as const;
export type StaticCheck = keyof typeof checks;

/** Names of the checks that failed; what they found is said. Two at a time, as each keeps about one core busy. */
export async function failedStaticChecks(): Promise<StaticCheck[]> {
  const failed: StaticCheck[] = [];
  const waiting = Object.keys(checks) as StaticCheck[];
  const work = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      if (!(await holds(name))) failed.push(name);
    }
  };
  await step(
    "generated files, types, lint, format",
    () => Promise.all([work(), work()]),
    () => failed.length === 0,
  );
  return failed;
}

/** The checks as a suite of tests, one each. */
export async function staticSuite(): Promise<SuiteResult> {
  const failed = (await failedStaticChecks()).length;
  return { passed: Object.keys(checks).length - failed, failed, pending: 0 };
}

async function holds(name: StaticCheck): Promise<boolean> {
  const [program, ...args] = checks[name];
  const result: Finished = await capture(program, args, { env: toolEnv(), cwd: projectRoot });
  if (result.code !== 0) say(`\n${name}:\n${result.stdout}${result.stderr}`);
  return result.code === 0;
}
