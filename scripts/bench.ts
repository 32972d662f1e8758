import fs from "node:fs";
import path from "node:path";
import { command } from "#toolchain/command.ts";
import { projectRoot } from "#toolchain/pins.ts";
import { foreground } from "#toolchain/run.ts";
import { setUp } from "#toolchain/session.ts";
import { toolEnv } from "#toolchain/tools.ts";

// npm run bench [-- name …]: every benchmark of test/bench, or the named ones, one after the other.
await command(async () => {
  const folder = path.join(projectRoot, "test", "bench");
  const names = process.argv.slice(2);
  const all = fs.readdirSync(folder).filter((file) => file.endsWith(".bench.ts"));
  const files = all.filter((file) => names.length === 0 || names.includes(file.replace(/\.bench\.ts$/, "")));
  const { env } = await setUp("dev");
  let worst = 0;
  for (const file of files.sort()) {
    const code = await foreground(process.execPath, [path.join(folder, file)], {
      env: toolEnv(env),
      cwd: projectRoot,
    });
    worst = Math.max(worst, code);
  }
  return files.length === 0 ? 1 : worst;
});
