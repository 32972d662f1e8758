import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse } from "yaml";

export const revisions = ["2025-11-25", "2026-07-28"] as const;
export type Revision = (typeof revisions)[number];

export interface Check {
  readonly id: string;
  readonly status: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO";
  readonly errorMessage?: string;
}

/** A scenario passes with at least one success, no failure and no warning. */
export interface Scenario {
  readonly name: string;
  readonly passed: boolean;
  readonly checks: readonly Check[];
}

const manifest = createRequire(import.meta.url).resolve("@modelcontextprotocol/conformance/package.json");
const program = join(dirname(manifest), "dist/index.js");

/** Names of the server scenarios that the suite scores for a revision, as the suite's own list has them. */
export function scoredScenarios(revision: Revision): string[] {
  const file = join(dirname(manifest), "requirements", `${revision}.yaml`);
  return (parse(readFileSync(file, "utf8")) as { server: string[] }).server;
}

/** Runs the scored scenarios of a revision against a server, and reads what the suite wrote about each check. */
export async function runSuite(url: string, revision: Revision): Promise<Scenario[]> {
  const scored = new Set(scoredScenarios(revision));
  const found = await suite(url, ["--requirements", revision]);
  return found.filter(({ name }) => scored.has(name));
}

/** Runs one scenario, scored or not. */
export async function runScenario(url: string, revision: Revision, scenario: string): Promise<Scenario> {
  const [found] = await suite(url, ["--scenario", scenario, "--spec-version", revision]);
  return found!;
}

async function suite(url: string, which: readonly string[]): Promise<Scenario[]> {
  const folder = mkdtempSync(join(tmpdir(), "conformance-"));
  try {
    const said = await run(["server", "--url", url, ...which, "--output-dir", folder]);
    const found = readdirSync(folder).map((name) => readScenario(folder, name));
    if (found.length === 0) throw new Error(`the suite wrote no results:\n${said}`);
    return found;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** For a message: each check that speaks against a scenario. */
export function complaints(scenarios: readonly Scenario[]): string[] {
  return scenarios.flatMap(({ name, checks }) =>
    checks
      .filter(({ status }) => status === "FAILURE" || status === "WARNING")
      .map(({ id, status, errorMessage = "" }) => `${name}: ${id} ${status} ${errorMessage}`),
  );
}

/** The exit code says no more than the checks do. */
function run(args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, ...args],
      { env: { PATH: process.env["PATH"] }, maxBuffer: 64 * 1024 * 1024 },
      (_, stdout, stderr) => resolve(`${stdout}${stderr}`),
    );
  });
}

/** A result folder is called `server-<scenario>-<time>`. */
function readScenario(folder: string, name: string): Scenario {
  const checks = JSON.parse(readFileSync(join(folder, name, "checks.json"), "utf8")) as Check[];
  const against = checks.some(({ status }) => status === "FAILURE" || status === "WARNING");
  const passed = !against && checks.some(({ status }) => status === "SUCCESS");
  return { name: /^server-(.+)-\d{4}-\d\d-\d\dT/.exec(name)?.[1] ?? name, passed, checks };
}
