import path from "node:path";
import { parse } from "yaml";
import fs from "node:fs";
import { resolveDockerEndpoint, type DockerChoice } from "#providers/docker/endpoint.ts";
import { ensureBaseImage } from "./baseImage.ts";
import { ensureEngine } from "./installEngine.ts";
import { projectRoot } from "./pins.ts";
import { ensurePulumi, userPulumiHome, type Pulumi } from "./pulumi.ts";
import { capture, foreground, type Finished } from "./run.ts";
import { removeStaleLocks } from "./staleLock.ts";
import { keepingStackFile } from "./stackFile.ts";
import {
  ensurePassphrase,
  requirePassphrase,
  saysWrongPassphrase,
  stateAccess,
  wrongPassphrase,
  type StateAccess,
} from "./state.ts";

/** Everything a command needs to work on a stack. */
export interface Session {
  readonly stack: string;
  /** Path of `Pulumi.<stack>.yaml`; the file need not exist. */
  readonly stackFile: string;
  readonly pulumi: Pulumi;
  readonly state: StateAccess;
  readonly env: NodeJS.ProcessEnv;
}

export function stackFileOf(stack: string): string {
  return path.join(projectRoot, `Pulumi.${stack}.yaml`);
}

/** `docker.host` and `docker.context` of a stack's configuration; empty if the file says nothing. */
export function dockerChoiceOf(text: string): DockerChoice {
  try {
    const { config } = parse(text) as { config?: Record<string, unknown> };
    const docker = config?.["kilocode-mcp:docker"] as Record<string, unknown> | undefined;
    const read = (key: string) => (typeof docker?.[key] === "string" ? docker[key] : undefined);
    return { host: read("host"), context: read("context") };
  } catch {
    // Pulumi says what is wrong with the file; the set-up goes by the defaults.
    return {};
  }
}

export function dockerChoice(stack: string): DockerChoice {
  const file = stackFileOf(stack);
  return fs.existsSync(file) ? dockerChoiceOf(fs.readFileSync(file, "utf8")) : {};
}

/** Engine, base image and Pulumi, brought onto the machine where they are missing. */
export async function setUp(stack: string): Promise<Pulumi> {
  const endpoint = await ensureEngine(dockerChoice(stack));
  await ensureBaseImage(endpoint);
  return ensurePulumi();
}

/** The Docker plugin knows DOCKER_HOST, but not the client's contexts. */
function dockerHost(choice: DockerChoice): NodeJS.ProcessEnv {
  if (choice.host !== undefined || choice.context !== undefined) return {};
  const { url, assumed } = resolveDockerEndpoint(choice, process.env);
  return assumed ? {} : { DOCKER_HOST: url };
}

/** Access to a stack's state and secrets as it is: nothing is made. */
export function inspectSession(stack: string, pulumi: Pulumi): Session {
  const credentials = pulumi.env.PULUMI_CREDENTIALS_PATH ?? userPulumiHome(process.env);
  const state = stateAccess(stack, pulumi.env, credentials);
  const env = { ...pulumi.env, ...state.env, ...dockerHost(dockerChoice(stack)) };
  return { stack, stackFile: stackFileOf(stack), pulumi, state, env };
}

/**
 * Access to a stack's state and secrets; `dev` gets its passphrase here, and the lock of a dead process goes.
 * @throws Fault PASSPHRASE_MISSING
 */
export function openSession(stack: string, pulumi: Pulumi): Session {
  const session = inspectSession(stack, pulumi);
  requirePassphrase(session.state, stack, isTerminal(), session.stackFile);
  ensurePassphrase(session.state);
  removeStaleLocks(session);
  return session;
}

export function isTerminal(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY;
}

/** Runs a Pulumi command on the terminal and returns its exit code; the stack file stays as it was. */
export async function pulumiForeground(
  session: Session,
  args: readonly string[],
  env = session.env,
): Promise<number> {
  return keepingStackFile(session.stackFile, () =>
    foreground(session.pulumi.pulumi, args, { env, cwd: projectRoot }),
  );
}

/** Runs a Pulumi command and keeps its output; the stack file stays as it was. */
export async function pulumiCapture(
  session: Session,
  args: readonly string[],
  timeoutSeconds = 120,
): Promise<Finished> {
  return keepingStackFile(session.stackFile, () =>
    capture(session.pulumi.pulumi, ["--non-interactive", ...args], {
      env: session.env,
      cwd: projectRoot,
      timeoutSeconds,
    }),
  );
}

/**
 * After a command that failed: was it the passphrase? The engine's own words do not say which one was taken.
 * The answer, which holds every secret of the stack, stays in memory.
 *
 * @throws Fault PASSPHRASE_WRONG
 */
export async function explainFailure(session: Session): Promise<void> {
  const { code, stderr } = await pulumiCapture(session, [
    "stack",
    "export",
    "--show-secrets",
    "--stack",
    session.stack,
  ]);
  if (code !== 0 && saysWrongPassphrase(stderr)) throw wrongPassphrase(session.state, session.stack);
}
