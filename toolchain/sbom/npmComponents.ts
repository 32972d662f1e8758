import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../pins.ts";
import type { Component } from "./cycloneDx.ts";

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly license?: string;
}

/** What package-lock.json says of the packages in these folders, `node_modules/…` each. */
export function npmComponents(folders: readonly string[]): Component[] {
  const lock = JSON.parse(readFileSync(join(projectRoot, "package-lock.json"), "utf8")) as {
    packages: Record<string, Locked>;
  };
  return folders.map((folder) => {
    const name = folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length);
    const locked = lock.packages[folder];
    if (!locked) throw new Error(`${folder} is not in package-lock.json`);
    const { version, integrity, license } = locked;
    return { name, version, purl: `pkg:npm/${name.replace(/^@/, "%40")}@${version}`, license, integrity };
  });
}
