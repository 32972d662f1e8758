import path from "node:path";
import { command } from "#toolchain/command.ts";
import { projectRoot } from "#toolchain/pins.ts";
import { say, step } from "#toolchain/progress.ts";
import { capture, type Finished } from "#toolchain/run.ts";
import { runMocha, testFiles, verdict } from "#toolchain/testRun.ts";
import { toolEnv } from "#toolchain/tools.ts";

// npm run check: generated files, types, lint, format, unit tests. Needs no engine and no Pulumi.
await command(async () => {
  let failed = !(await generated());
  const tools: [string, string, string[]][] = [
    ["types", "tsc", ["--noEmit"]],
    ["lint", "oxlint", ["--type-aware"]],
    ["format", "prettier", ["--check", "--log-level", "warn", "."]],
  ];
  for (const [what, program, args] of tools) {
    const result = await step(what, () => node(program, args), succeeded);
    if (result.code === 0) continue;
    failed = true;
    say(`${result.stdout}${result.stderr}`);
  }
  const { line, code } = verdict([
    await runMocha(testFiles(path.join(projectRoot, "test", "unit")), toolEnv()),
  ]);
  console.log(line);
  return failed ? 1 : code;
});

function succeeded(result: Finished): boolean {
  return result.code === 0;
}

function node(program: string, args: readonly string[]) {
  const file = path.join(projectRoot, "node_modules", ".bin", program);
  return capture(file, args, { env: toolEnv(), cwd: projectRoot });
}

/** Writes what is derived from code; where nobody can commit it, out-of-date files are a failure. */
async function generated(): Promise<boolean> {
  const script = path.join(projectRoot, "scripts", "generate.ts");
  const run = (args: readonly string[]) => capture(process.execPath, [script, ...args], { cwd: projectRoot });
  const compared = await step("generated files", () => run(["--check"]), succeeded);
  if (compared.code === 0) return true;
  if (process.env.CI === "true") {
    say(`${compared.stdout}${compared.stderr}`);
    return false;
  }
  const written = await run([]);
  say(written.code === 0 ? "  Generated files were out of date and have been rewritten." : written.stderr);
  return written.code === 0;
}
