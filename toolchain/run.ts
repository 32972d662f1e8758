import { spawn, type SpawnOptions } from "node:child_process";
import { constants } from "node:os";

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** True if the time limit ended it. */
  readonly timedOut: boolean;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Seconds after which the program is killed; no limit by default. */
  readonly timeoutSeconds?: number;
  readonly input?: string;
}

/** Exit code of a program that a signal ended, as shells report it. */
function codeOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 1 : constants.signals[signal]);
}

/** Runs a program and keeps its output. Never throws for an exit code; a program that is missing ends in 127. */
export function capture(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    const settings: SpawnOptions = {
      stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    };
    if (options.env !== undefined) settings.env = options.env;
    if (options.cwd !== undefined) settings.cwd = options.cwd;
    const child = spawn(command, [...args], settings);
    let stdout = "";
    let stderr = "";
    let timedOut = false;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.stdin?.end(options.input);
    const timer =
      options.timeoutSeconds === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            child.kill("SIGKILL");
          }, options.timeoutSeconds * 1000);
    const done = (code: number) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr, timedOut });
    };
    child.on("error", (error) => {
      stderr += error.message;
      done(127);
    });
    child.on("close", (code, signal) => done(codeOf(code, signal)));
  });
}

/**
 * Runs a program on this terminal and returns its exit code. Ctrl-C is left to the program (the terminal
 * sends it to the whole group). SIGTERM and SIGHUP are passed on as SIGINT, which makes Pulumi stop in good
 * order, while SIGTERM would end it with its lock held and its plugins at work; the second one kills. The
 * program stays in this process group, so that killing the group ends it as well.
 */
export function foreground(
  command: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { stdio: "inherit", ...options });
    let asked = false;
    const pass = () => {
      child.kill(asked ? "SIGKILL" : "SIGINT");
      asked = true;
    };
    const leave = () => {};
    process.on("SIGINT", leave);
    process.on("SIGTERM", pass);
    process.on("SIGHUP", pass);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      process.off("SIGINT", leave);
      process.off("SIGTERM", pass);
      process.off("SIGHUP", pass);
      resolve(codeOf(code, signal));
    });
  });
}
