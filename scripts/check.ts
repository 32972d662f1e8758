import path from "node:path";
import { command } from "#toolchain/command.ts";
import { projectRoot } from "#toolchain/pins.ts";
import { say } from "#toolchain/progress.ts";
import { capture } from "#toolchain/run.ts";
import { failedStaticChecks } from "#toolchain/staticChecks.ts";
import { checkVerdict, runMocha, testFiles } from "#toolchain/testRun.ts";
import { toolEnv } from "#toolchain/tools.ts";

// npm run check: generated files, types, lint, format, unit tests. Needs no engine and no Pulumi. The last line
// is the result of all of them.
await command(async () => {
  await renew();
  const failed = await failedStaticChecks();
  const units = await runMocha(testFiles(path.join(projectRoot, "test", "unit")), toolEnv());
  const { line, code } = checkVerdict(failed, units);
  console.log(line);
  return code;
});

/** Writes what is derived from code; where nobody can commit it, files that are out of date stay a failure. */
async function renew(): Promise<void> {
  if (process.env.CI === "true") return;
  const script = path.join(projectRoot, "scripts", "generate.ts");
  const run = (args: readonly string[]) => capture(process.execPath, [script, ...args], { cwd: projectRoot });
  if ((await run(["--check"])).code === 0) return;
  const written = await run([]);
  say(written.code === 0 ? "  Generated files were out of date and have been rewritten." : written.stderr);
}
