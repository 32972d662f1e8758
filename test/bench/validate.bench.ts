import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

// What a validation takes: rendering and checking in one process that has just started, and the whole command with
// and without npm. No engine and no Pulumi is involved.
const root = fileURLToPath(new URL("../..", import.meta.url));
const rounds = 9;

/** Milliseconds of each round, in order of size. */
function measure(run: () => number): number[] {
  return Array.from({ length: rounds }, run).sort((a, b) => a - b);
}

function print(what: string, times: readonly number[], goal: number): void {
  const median = times[Math.floor(times.length / 2)]!;
  const span = `${times[0]!.toFixed(0)}–${times.at(-1)!.toFixed(0)}`;
  console.log(`  ${what.padEnd(52)} ${median.toFixed(0)} ms (${span}), goal ${String(goal)} ms`);
  if (median > goal) process.exitCode = 1;
}

function wholeCommand(command: string, args: readonly string[]): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(command, args, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return performance.now() - start;
}

/** In a process of its own each time: what is compiled or remembered from before does not count. */
const inside = `
  const { complete } = await import("#settings/defaults.ts");
  const { fileFacts } = await import("#model/files/facts.ts");
  const { buildFiles } = await import("#model/files/build.ts");
  const { deploymentOf } = await import("#model/files/rules/deployment.ts");
  const { validateTexts } = await import("#model/files/validateTexts.ts");
  const { deliveredTexts } = await import("#toolchain/validate/deliveredTexts.ts");
  const start = performance.now();
  const settings = complete({}, "kilocode-mcp", "dev");
  const facts = fileFacts(settings, "0");
  const texts = deliveredTexts(buildFiles(facts));
  const found = validateTexts({ texts, facts, deployment: deploymentOf(settings) });
  if (found.length > 0) throw new Error(JSON.stringify(found));
  console.log(performance.now() - start);
`;

function insideOnly(): number {
  const args = ["--input-type=module", "--eval", inside];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}

console.log(`Validation (${String(rounds)} rounds, medians)`);
print("rendering all files, reading and checking them again", measure(insideOnly), 200);
const script = ["scripts/validate.ts"];
print(
  "node scripts/validate.ts, start to exit",
  measure(() => wholeCommand(process.execPath, script)),
  1000,
);
const npm = ["run", "--silent", "validate"];
print(
  "npm run validate, start to exit",
  measure(() => wholeCommand("npm", npm)),
  1000,
);
