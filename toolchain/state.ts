import { randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { Fault } from "#model/fault.ts";

/** Where the state is and what opens its secrets, as environment for Pulumi. */
export interface StateAccess {
  readonly env: NodeJS.ProcessEnv;
  /** The address of the state, for people. */
  readonly backend: string;
  /** What the passphrase is taken from, for people; undefined if none is needed or none is known. */
  readonly passphrase: string | undefined;
}

/** The only stack that gets a generated passphrase; others hold data that a lost file would lock away. */
const stackWithGeneratedPassphrase = "dev";

function home(env: NodeJS.ProcessEnv): string {
  return env.HOME ?? os.homedir();
}

function given(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}

/** `~/.config/kilocode-mcp/passphrase`: apart from checkout and state, so that a copy of those opens nothing. */
export function passphraseFile(env: NodeJS.ProcessEnv): string {
  const base =
    env.XDG_CONFIG_HOME?.startsWith("/") === true ? env.XDG_CONFIG_HOME : path.join(home(env), ".config");
  return path.join(base, "kilocode-mcp", "passphrase");
}

/**
 * The user's login or PULUMI_BACKEND_URL; without either, Pulumi's local default in the home folder, so that
 * plain `pulumi login --local` sees the same stacks. The passphrase is the user's
 * (PULUMI_CONFIG_PASSPHRASE or _FILE), else, for `dev` alone, a generated one. Writes nothing.
 *
 * @param credentials folder of Pulumi's credentials.json
 */
export function stateAccess(stack: string, env: NodeJS.ProcessEnv, credentials: string): StateAccess {
  const own: NodeJS.ProcessEnv = {};
  let backend = given(env.PULUMI_BACKEND_URL) ? env.PULUMI_BACKEND_URL : currentLogin(credentials);
  if (backend === undefined && given(env.PULUMI_ACCESS_TOKEN)) backend = "https://api.pulumi.com";
  if (backend === undefined) {
    backend = "file://~";
    own.PULUMI_BACKEND_URL = backend;
  }
  const passphrase = passphraseSource(stack, backend, env);
  if (passphrase?.generated === true) own.PULUMI_CONFIG_PASSPHRASE_FILE = passphraseFile(env);
  return { env: own, backend, passphrase: passphrase?.source };
}

function currentLogin(credentials: string): string | undefined {
  try {
    const login = fs.readFileSync(path.join(credentials, "credentials.json"), "utf8");
    const { current } = JSON.parse(login) as { current?: string };
    return given(current) ? current : undefined;
  } catch {
    return undefined;
  }
}

function passphraseSource(
  stack: string,
  backend: string,
  env: NodeJS.ProcessEnv,
): { source: string; generated: boolean } | undefined {
  // An empty passphrase is one, too: Pulumi distinguishes it from an unset variable.
  if (env.PULUMI_CONFIG_PASSPHRASE !== undefined) {
    return { source: "the variable PULUMI_CONFIG_PASSPHRASE", generated: false };
  }
  if (given(env.PULUMI_CONFIG_PASSPHRASE_FILE)) {
    return {
      source: `${env.PULUMI_CONFIG_PASSPHRASE_FILE} (PULUMI_CONFIG_PASSPHRASE_FILE)`,
      generated: false,
    };
  }
  // Pulumi Cloud keeps the keys itself.
  if (/^https?:/.test(backend)) return undefined;
  if (stack !== stackWithGeneratedPassphrase) return undefined;
  return { source: passphraseFile(env), generated: true };
}

/** Makes the passphrase of `dev` if it is used and not there yet. Two at once end with the same file. */
export function ensurePassphrase(access: StateAccess): void {
  const file = access.env.PULUMI_CONFIG_PASSPHRASE_FILE;
  if (file === undefined || fs.existsSync(file)) return;
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  fs.writeFileSync(draft, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600 });
  try {
    fs.linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

/**
 * @throws Fault PASSPHRASE_MISSING before Pulumi would ask for a passphrase where nobody can answer.
 */
export function requirePassphrase(
  access: StateAccess,
  stack: string,
  terminal: boolean,
  stackFile: string,
): void {
  if (access.passphrase !== undefined || terminal || /^https?:/.test(access.backend)) return;
  if (/^secretsprovider:\s*(?!passphrase|default)/m.test(readText(stackFile))) return;
  throw new Fault({
    code: "PASSPHRASE_MISSING",
    where: `stack ${stack}`,
    problem: "there is no passphrase for the stack's secrets; only `dev` gets a generated one",
    mend: "keep one in a safe place and set PULUMI_CONFIG_PASSPHRASE_FILE to a file that holds it (or PULUMI_CONFIG_PASSPHRASE)",
  });
}

function readText(file: string): string {
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
}

/** The engine's words for a passphrase that does not fit, for the state and for the stack file. */
export function saysWrongPassphrase(output: string): boolean {
  return /incorrect passphrase|cipher: message authentication failed/.test(output);
}

export function wrongPassphrase(access: StateAccess, stack: string): Fault {
  return new Fault({
    code: "PASSPHRASE_WRONG",
    where: `stack ${stack} in ${access.backend}`,
    problem: `the passphrase from ${access.passphrase ?? "the terminal"} does not open the stack's secrets`,
    mend:
      "set PULUMI_CONFIG_PASSPHRASE_FILE to a file with the passphrase the stack was made with (or PULUMI_CONFIG_PASSPHRASE); " +
      "for `dev` it was generated on the machine that made the stack, in ~/.config/kilocode-mcp/passphrase. " +
      `If it is lost, its secrets are lost: \`npm run pulumi -- stack rm --force ${stack}\` forgets the stack, and the next \`npm run up\` starts anew`,
  });
}
