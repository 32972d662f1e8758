// The entry of every npm script: node toolchain/enter.mjs <script> [arguments…]
// Runs on plain Node 18 without any package. It brings the packages, then hands over to scripts/<script>.ts
// under the project's own Node, which is one of the packages.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "./cacheFolder.mjs";
import { isInstalled, markInstalled } from "./installed.mjs";
import { withLock } from "./lock.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const [script = "", ...rest] = process.argv.slice(2);

function stop(code, problem, mend) {
  console.error(`${code === undefined ? "" : `[${code}] `}${problem}\n  → ${mend}`);
  process.exit(1);
}

/** Runs npm ci quietly; its output is shown only if it fails. */
function npmCi() {
  const npm = process.env.npm_execpath;
  const [command, first] = npm?.endsWith(".js") ? [process.execPath, [npm]] : ["npm", []];
  const child = spawn(
    command,
    [...first, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
    {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, npm_config_update_notifier: "false" },
    },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const terminal = process.stderr.isTTY;
  const ticker = setInterval(
    () => {
      process.stderr.write(terminal ? `\r  npm ci … ${seconds()} s ` : `  npm ci … ${seconds()} s\n`);
    },
    terminal ? 1000 : 30_000,
  );
  return new Promise((resolve) => {
    const done = (code) => {
      clearInterval(ticker);
      if (terminal) process.stderr.write("\r\x1b[K");
      resolve({ code, output, seconds: seconds() });
    };
    child.on("error", (error) => {
      output += error.message;
      done(1);
    });
    child.on("close", done);
  });
}

/** npm says first what is wrong, then how it is called. */
function firstLines(output) {
  const lines = output.split("\n").map((line) => line.replace(/^npm (error|ERR!) ?/, ""));
  return lines
    .filter((line) => line.trim() !== "")
    .slice(0, 12)
    .join("\n");
}

async function install() {
  if (isInstalled(root)) return;
  console.error("Installing the project's npm packages (npm ci, about 0.5 GB in node_modules) …");
  const result = await npmCi();
  if (result.code !== 0) {
    stop(
      "DEPENDENCIES_MISSING",
      `the project's npm packages could not be installed:\n${firstLines(result.output)}`,
      "check that the npm registry is reachable (`npm ping`), then run the command again",
    );
  }
  markInstalled(root);
  console.error(`npm packages installed (${result.seconds} s).`);
}

function projectNode() {
  const own = path.join(root, "node_modules", `node-${process.platform}-${process.arch}`, "bin", "node");
  if (fs.existsSync(own) && spawnSync(own, ["--version"]).status === 0) return own;
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath;
  return stop(
    "NODE_TOO_OLD",
    `Node.js ${process.versions.node} cannot run TypeScript, and the project's own Node does not run on ${process.platform}-${process.arch}.`,
    "install Node.js 22.18 or newer (https://nodejs.org/en/download) and run the command again",
  );
}

/** The doctor changes nothing, and without packages it cannot look further. */
function undiagnosed() {
  const check = {
    category: "machine",
    name: "npm packages",
    level: "FAIL",
    finding: "not those of package-lock.json",
    mend: "npm ci --ignore-scripts (every other command does it by itself)",
  };
  const json = JSON.stringify({ ok: false, checks: [check] }, null, 2);
  const text = `${check.category}\n  ${check.level}  ${check.name}  ${check.finding}\n        → ${check.mend}`;
  console.log(rest.includes("--json") ? json : text);
  process.exitCode = 1;
}

async function main() {
  if (!/^[a-z]+$/.test(script) || !fs.existsSync(path.join(root, "scripts", `${script}.ts`))) {
    const known = fs.readdirSync(path.join(root, "scripts")).filter((name) => name.endsWith(".ts"));
    stop(
      undefined,
      `There is no script \`${script}\`.`,
      `one of: ${known.map((name) => name.slice(0, -3)).join(", ")}`,
    );
  }
  if (script === "doctor" && !isInstalled(root)) return undiagnosed();
  if (!isInstalled(root)) {
    const checkout = createHash("sha256").update(root).digest("hex").slice(0, 16);
    await withLock(path.join(cacheFolder(), "locks", `npm-${checkout}`), install, (pid) => {
      console.error(`Waiting for another set-up of this checkout (process ${pid}) …`);
    });
  }
  const node = projectNode();
  const child = spawn(node, [path.join(root, "scripts", `${script}.ts`), ...rest], { stdio: "inherit" });
  // A terminal sends Ctrl-C to the whole group; the child decides. Other signals reach only this process.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) =>
    stop("NODE_TOO_OLD", `${String(node)} does not start: ${error.message}`, "run `npm ci`"),
  );
  child.on("close", (code, signal) => process.exit(code ?? 128 + (os.constants.signals[signal] ?? 1)));
}

await main();
