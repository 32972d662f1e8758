import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { command } from "#toolchain/command.ts";
import { projectRoot } from "#toolchain/pins.ts";
import { say } from "#toolchain/progress.ts";
import { setUp } from "#toolchain/session.ts";
import { staticSuite } from "#toolchain/staticChecks.ts";
import { runMocha, staticSuiteName, suites, testFiles, verdict } from "#toolchain/testRun.ts";
import type { SuiteResult } from "#toolchain/testReporter.ts";
import { toolEnv } from "#toolchain/tools.ts";

// npm test [-- checks | unit | integration/schema | a test file …]: sets up what is missing, then every test against
// a real engine, types, lint, format and generated files among them. The last line is `N passed, N failed`.
await command(async () => {
  const chosen = process.argv.slice(2);
  const names = chosen.length === 0 ? [staticSuiteName, ...suites] : chosen;
  const groups = groupsOf(names.filter((name) => name !== staticSuiteName));
  // The tests choose their own engine objects, but the engine itself is the one of the default stack.
  const { env } = await setUp("dev");
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "kilocode-state-"));
  try {
    const results: SuiteResult[] = [];
    if (names.includes(staticSuiteName)) results.push(await staticSuite());
    for (const [name, files] of groups) {
      say(`\n── ${name}: ${files.length} files`);
      results.push(await runMocha(files, testEnv(env, folder)));
    }
    const { line, code } = verdict(results);
    console.log(line);
    return code;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

/** A name stands for the folder below `test/`, such as `e2e` or `integration/schema`, or for one file. */
function groupsOf(chosen: readonly string[]): [string, string[]][] {
  const groups = chosen.map((name): [string, string[]] => {
    const folder = path.join(projectRoot, "test", name);
    return [name, fs.existsSync(folder) ? testFiles(folder) : [path.resolve(name)]];
  });
  return groups.filter(([, files]) => files.length > 0);
}

/** A test that forgets to choose a state must not reach the user's stacks. */
function testEnv(env: NodeJS.ProcessEnv, folder: string): NodeJS.ProcessEnv {
  const { PULUMI_ACCESS_TOKEN: _token, PULUMI_STACK: _stack, ...rest } = toolEnv(env);
  return {
    ...rest,
    PULUMI_BACKEND_URL: `file://${folder}`,
    PULUMI_CONFIG_PASSPHRASE: "only for tests",
    PULUMI_CONFIG_PASSPHRASE_FILE: "",
  };
}
