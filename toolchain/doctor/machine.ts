import fs from "node:fs";
import os from "node:os";
import { cacheFolder } from "../cacheFolder.mjs";
import { isInstalled } from "../installed.mjs";
import { projectRoot } from "../pins.ts";
import { fail, ok, warn, type Check } from "./check.ts";

const gigabyte = 1e9;

/** Node.js, packages, memory and disk of this machine. */
export function machineChecks(): Check[] {
  const installed = isInstalled(projectRoot)
    ? ok("machine", "npm packages", "as package-lock.json says")
    : warn("machine", "npm packages", "not those of package-lock.json", "npm ci --ignore-scripts");
  return [ok("machine", "Node.js", `${process.version} (${process.execPath})`), installed, memory(), disk()];
}

function memory(): Check {
  const total = os.totalmem() / gigabyte;
  const found = `${total.toFixed(1)} GB`;
  if (total >= 2) return ok("machine", "memory", found);
  return warn(
    "machine",
    "memory",
    found,
    "a small stack takes about 1 GB; lower `postgres.memory` if it fails",
  );
}

function disk(): Check {
  const folder = [cacheFolder(), os.homedir()].find((candidate) => fs.existsSync(candidate)) ?? "/";
  const { bavail, bsize } = fs.statfsSync(folder);
  const free = (bavail * bsize) / gigabyte;
  const found = `${free.toFixed(1)} GB free at ${folder}`;
  if (free >= 7) return ok("machine", "disk", found);
  const mend =
    "free some space: building the Pulumi engine takes 6 GB for a while, where it cannot be downloaded";
  return free >= 2 ? warn("machine", "disk", found, mend) : fail("machine", "disk", found, mend);
}
