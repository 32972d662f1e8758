#!/usr/bin/env node
// What a client's entry starts: node connect/main.mjs --stack S --client C --server NAME
// Editors start it with whatever Node.js they find, so this file runs on old ones and hands over to the
// project's own where that is needed.
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

/** TypeScript runs as it is from 22.18 on. */
function runsTypeScript() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 18);
}

function handOver() {
  const packageName = `node-${process.platform}-${process.arch}`;
  const own = join(here, "..", "node_modules", packageName, "bin", "node");
  if (!existsSync(own) || spawnSync(own, ["--version"]).status !== 0) {
    console.error(
      `[NODE_TOO_OLD] Node.js ${process.versions.node} is too old for the MCP bridge, and the project's own is not installed: put Node.js 22.18 or newer first on PATH, or run \`npm run doctor\` in ${dirname(here)}`,
    );
    process.exit(1);
  }
  const child = spawn(own, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("close", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 1)));
}

if (!existsSync(join(here, "..", "node_modules", "@modelcontextprotocol", "client"))) {
  console.error(
    `[DEPENDENCIES_MISSING] the npm packages of the MCP bridge are not installed: run \`npm run doctor\` in ${dirname(here)}`,
  );
  process.exit(1);
} else if (runsTypeScript()) {
  const { runBridge } = await import("./runBridge.ts");
  await runBridge(process.argv.slice(2));
} else {
  handOver();
}
