import fs from "node:fs";
import path from "node:path";
import { completeLock, missingOptional } from "#toolchain/lockFile.ts";
import { projectRoot } from "#toolchain/pins.ts";

// node scripts/lock.ts, after `npm install` of a new package: completes package-lock.json for other platforms,
// which a registry mirror may not serve, so that `npm ci` accepts it.
const file = path.join(projectRoot, "package-lock.json");
const text = fs.readFileSync(file, "utf8");
const missing = missingOptional(text);
if (missing.length > 0) fs.writeFileSync(file, completeLock(text));
console.log(missing.length === 0 ? "complete" : `added ${missing.map(({ name }) => name).join(", ")}`);
