import { spawnSync } from "node:child_process";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { quantile } from "./quantile.ts";

// Rendering and checking all ten files in a fresh process, schemas made and templates compiled included, after the
// libraries were loaded; and again, as a program does that has them. Bar: 200 ms.
const rounds = 9;
const self = fileURLToPath(import.meta.url);

if (process.argv[2] === "once") await measureOnce();
else compareRounds();

/** Prints the milliseconds of the first and of the second time. */
async function measureOnce(): Promise<void> {
  await Promise.all([import("zod"), import("handlebars")]);
  const { testFacts } = await import("#test/fileFacts.ts");
  const facts = testFacts();
  const began = performance.now();
  const { renderFiles } = await import("#model/files/render.ts");
  const loaded = performance.now();
  renderFiles(facts);
  const first = performance.now();
  renderFiles(facts, { memory: { memory: { maxItems: 20_000 } } });
  console.log(JSON.stringify([loaded - began, first - loaded, performance.now() - first]));
}

function compareRounds(): void {
  const times = Array.from({ length: rounds }, () => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [self, "once"], { encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as [number, number, number];
  });
  const [load, first, second] = [0, 1, 2].map((index) =>
    quantile(
      times.map((row) => row[index]!),
      0.5,
    ),
  );
  console.log(`Rendering and checking the ten files (${String(rounds)} processes, medians)`);
  console.log(`  loading schemas, rules and sources of values  ${load!.toFixed(0)} ms`);
  console.log(`  first time                                    ${first!.toFixed(0)} ms`);
  console.log(`  second time                                   ${second!.toFixed(0)} ms`);
  const all = load! + first!;
  console.log(`  loading and first time against the bar        ${(all / 200).toFixed(2)}\n`);
  if (all > 200) process.exitCode = 1;
}
