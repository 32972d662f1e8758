import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { Fault } from "#model/fault.ts";
import { writeAtomically } from "./atomicFile.ts";

/** Where one client reaches one server, and with what: what the bridge reads before each request. */
export interface Material {
  readonly url: string;
  /** PEM bundle of the authorities that may have signed the server's certificate. */
  readonly ca: string;
  readonly key: string;
}

/** What a stack gives to the user's machine. */
export interface StackAccess {
  /** Server to the URL of its `/mcp`. */
  readonly endpoints: Readonly<Record<string, string>>;
  readonly ca: string;
  /** Client to its API key. */
  readonly keys: Readonly<Record<string, string>>;
}

/** Files of a stack below `~/.config/kilocode-mcp/<stack>/`. */
export interface MaterialFiles {
  readonly stack: string;
  readonly folder: string;
  readonly endpoints: string;
  readonly ca: string;
  /** Which entries were written into which client's file. */
  readonly record: string;
  key(client: string): string;
}

/** The user's configuration folder, by the XDG rules. */
export function configHome(env: NodeJS.ProcessEnv): string {
  const { XDG_CONFIG_HOME: base } = env;
  return base !== undefined && path.isAbsolute(base)
    ? base
    : path.join(env["HOME"] ?? os.homedir(), ".config");
}

/**
 * @param stack name of the stack, as Pulumi knows it; `organization/stack` lies in a folder of that name
 * @throws Fault CONNECT_ARGUMENTS for a name that is no plain name
 */
export function materialFiles(stack: string, env: NodeJS.ProcessEnv): MaterialFiles {
  const folder = path.join(configHome(env), "kilocode-mcp", ...stack.split("/").map(plainName));
  return {
    stack,
    folder,
    endpoints: path.join(folder, "endpoints.json"),
    ca: path.join(folder, "ca.crt"),
    record: path.join(folder, "entries.json"),
    key: (client) => path.join(folder, `${plainName(client)}.key`),
  };
}

/** Names become file names: nothing else may. */
function plainName(name: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name)) return name;
  throw new Fault({
    code: "CONNECT_ARGUMENTS",
    where: JSON.stringify(name),
    problem: "names of stacks and clients consist of letters, digits, `_`, `-` and `.`",
    mend: "check the name",
  });
}

/**
 * Reads what a request needs. Three small files, read each time: a key or certificate that was replaced
 * counts from the next request on.
 *
 * @throws Fault CONNECT_MATERIAL
 */
export function readMaterial(files: MaterialFiles, client: string, server: string): Material {
  const mend = renewal(files.stack, client);
  const text = readText(files.endpoints, mend);
  const key = readText(files.key(client), mend).trim();
  if (!/^[\x21-\x7e]+$/.test(key)) throw unusable(files.key(client), "holds no API key", mend);
  const url = parsedObject(text)?.[server];
  if (url === undefined) throw unusable(files.endpoints, `names no server \`${server}\``, mend);
  // The key must not travel in clear, whoever wrote the file.
  if (typeof url !== "string" || !URL.canParse(url) || new URL(url).protocol !== "https:") {
    throw unusable(files.endpoints, `has no https URL for the server \`${server}\``, mend);
  }
  return { url, ca: readText(files.ca, mend), key };
}

function parsedObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function readText(file: string, mend: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    throw unusable(
      file,
      `cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown reason"})`,
      mend,
    );
  }
}

/** What writes the files anew, for people. */
export function renewal(stack: string, client: string): string {
  return `run \`npm run connect -- json --stack ${stack} --client ${client}\` in the project's folder`;
}

function unusable(file: string, problem: string, mend: string): Fault {
  return new Fault({
    code: "CONNECT_MATERIAL",
    where: file,
    problem: `the file ${problem}`,
    mend,
  });
}

/** True if others than the file's owner can read the key. */
export function isExposed(keyFile: string): boolean {
  try {
    return (fs.statSync(keyFile).mode & 0o077) !== 0;
  } catch {
    return false;
  }
}

/**
 * Writes address, certificates and the keys of the given clients; only the user can read them. The order lets
 * a bridge that reads in between at worst use an old key, which a rotation still accepts.
 */
export function writeMaterial(files: MaterialFiles, access: StackAccess): void {
  fs.mkdirSync(files.folder, { recursive: true, mode: 0o700 });
  fs.chmodSync(files.folder, 0o700);
  writeAtomically(files.ca, access.ca, 0o600);
  writeAtomically(files.endpoints, `${JSON.stringify(access.endpoints, null, 2)}\n`, 0o600);
  for (const [client, key] of Object.entries(access.keys)) writeAtomically(files.key(client), key, 0o600);
}

/** Clients of a stack whose key lies on this machine. */
export function knownClients(files: MaterialFiles): string[] {
  if (!fs.existsSync(files.folder)) return [];
  return fs
    .readdirSync(files.folder)
    .filter((name) => name.endsWith(".key"))
    .map((name) => name.slice(0, -".key".length));
}
