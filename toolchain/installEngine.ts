import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline/promises";
import { Fault } from "#model/fault.ts";
import type { DockerChoice, DockerEndpoint } from "#providers/docker/endpoint.ts";
import { cacheFolder } from "./cacheFolder.mjs";
import { askEngine, endpointOf, engineIsChosen, requireAnswer } from "./dockerEngine.ts";
import { withLock } from "./lock.mjs";
import { say, step } from "./progress.ts";
import { capture } from "./run.ts";

const daemonLog = "/var/log/kilocode-mcp-dockerd.log";

/**
 * Returns the engine's address once it answers. Where nothing points to an engine, and only as root on
 * Debian or Ubuntu, Debian's own engine is installed and started; KILOCODE_SETUP=no forbids that.
 *
 * @throws Fault ENGINE_UNREACHABLE or ENGINE_PERMISSION
 */
export async function ensureEngine(
  choice: DockerChoice,
  env: NodeJS.ProcessEnv = process.env,
): Promise<DockerEndpoint> {
  const endpoint = endpointOf(choice, env);
  const engine = await askEngine(endpoint);
  if (engine.state === "answers") return endpoint;
  const absent = engine.state === "unreachable" && ["ENOENT", "ECONNREFUSED"].includes(engine.detail);
  if (!absent || engineIsChosen(endpoint, env) || !mayInstall(env)) requireAnswer(endpoint, engine);
  await withLock(path.join(cacheFolder(env), "locks", "engine"), () => bringUp(endpoint, env));
  requireAnswer(endpoint, await askEngine(endpoint));
  return endpoint;
}

function mayInstall(env: NodeJS.ProcessEnv): boolean {
  return env.KILOCODE_SETUP !== "no" && process.getuid?.() === 0 && isDebianLike(osRelease());
}

function osRelease(): string {
  return fs.existsSync("/etc/os-release") ? fs.readFileSync("/etc/os-release", "utf8") : "";
}

/** Reads the text of /etc/os-release. */
export function isDebianLike(text: string): boolean {
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(text);
}

/** PATH of a daemon: npm and editors may have started us without the sbin folders, where iptables is. */
function daemonEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const system = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  return { ...env, PATH: `${env.PATH ?? ""}:${system}`, DEBIAN_FRONTEND: "noninteractive" };
}

async function bringUp(endpoint: DockerEndpoint, env: NodeJS.ProcessEnv): Promise<void> {
  // Another set-up may have done it while this one waited.
  if ((await askEngine(endpoint)).state === "answers") return;
  const systemd = fs.existsSync("/run/systemd/system");
  const present =
    (await capture("dockerd", ["--version"], { env: daemonEnv(env), timeoutSeconds: 20 })).code === 0;
  await announce(present, systemd, endpoint);
  if (!present) await step("docker.io (apt-get)", () => install(env));
  await step("Docker engine", () => start(systemd, endpoint, env));
}

/** Asks once on a terminal; elsewhere one line says what happens and how to undo it. */
async function announce(present: boolean, systemd: boolean, endpoint: DockerEndpoint): Promise<void> {
  const stop = systemd ? "systemctl stop docker" : "kill $(cat /var/run/docker.pid)";
  const what = present
    ? `No Docker engine is running: starting the installed one (undo: ${stop}).`
    : `No Docker engine was found: installing Debian's docker.io and iptables, 0.3 GB, and starting it ` +
      `(undo: ${stop}; apt-get purge docker.io iptables; rm -rf /var/lib/docker; forbid: KILOCODE_SETUP=no).`;
  say(what);
  if (!process.stdin.isTTY || !process.stderr.isTTY) return;
  const question = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await question.question("Go on? [Y/n] ");
  question.close();
  if (/^\s*(y(es)?)?\s*$/i.test(answer)) return;
  requireAnswer(endpoint, { state: "unreachable", detail: "its installation was declined" });
}

async function install(env: NodeJS.ProcessEnv): Promise<void> {
  await apt(["update"], env);
  await apt(["install", "--yes", "--no-install-recommends", "docker.io", "iptables"], env);
}

/** @throws Fault ENGINE_UNREACHABLE with the end of apt's own output */
export async function apt(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const patient = ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=2"];
  const result = await capture("apt-get", [...patient, ...args], {
    env: daemonEnv(env),
    timeoutSeconds: 1200,
  });
  if (result.code === 0) return;
  throw new Fault({
    code: "ENGINE_UNREACHABLE",
    where: `apt-get ${args[0] ?? ""}`,
    problem: `installing Debian packages failed:\n${result.stderr.trim().slice(-1500)}`,
    mend: "repair apt (`apt-get update` shows what is wrong), or install a Docker engine yourself and run the command again",
  });
}

async function start(systemd: boolean, endpoint: DockerEndpoint, env: NodeJS.ProcessEnv): Promise<void> {
  // The package's own script may have started it.
  if (await answersWithin(endpoint, 2)) return;
  if (systemd) await capture("systemctl", ["start", "docker"], { timeoutSeconds: 90 });
  else detachDaemon(env);
  if (await answersWithin(endpoint, 60)) return;
  throw new Fault({
    code: "ENGINE_UNREACHABLE",
    where: endpoint.describe,
    problem: "the Docker engine was started and does not answer",
    mend: systemd ? "`journalctl -u docker -n 50` says why" : `the end of ${daemonLog} says why`,
  });
}

/** Starts dockerd in a session of its own, so that it outlives this command and its terminal. */
function detachDaemon(env: NodeJS.ProcessEnv): void {
  const log = fs.openSync(daemonLog, "a", 0o640);
  const daemon = spawn("dockerd", [], {
    detached: true,
    stdio: ["ignore", log, log],
    env: daemonEnv(env),
    cwd: "/",
  });
  daemon.on("error", () => {});
  daemon.unref();
  fs.closeSync(log);
}

async function answersWithin(endpoint: DockerEndpoint, seconds: number): Promise<boolean> {
  const until = Date.now() + seconds * 1000;
  do {
    if ((await askEngine(endpoint, 5)).state === "answers") return true;
    await new Promise((resolve) => setTimeout(resolve, 300));
  } while (Date.now() < until);
  return false;
}
