import fs from "node:fs";
import path from "node:path";
import { clientFile, remoteClientFile, type ClientFile } from "#model/client/entries.ts";
import type { ConnectArguments } from "./connectArguments.ts";
import { meantFile } from "./connectArguments.ts";
import { configHome, materialFiles, writeMaterial, type MaterialFiles } from "./material.ts";
import { clientOf, type StackClient, type StackOutputs } from "./stackOutputs.ts";
import { planEntry, type WriteReport } from "./writeEntry.ts";

/** Where `connect` is called. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** The user's working directory. */
  readonly folder: string;
  /** The checkout. */
  readonly project: string;
  /** The Node.js that entries name; an absolute path survives editors with a PATH of their own. */
  readonly node: string;
}

export interface Connected {
  /** The entries, if they were not written into a file. */
  readonly printed?: string;
  /** For people: what was done, and what to do next. */
  readonly said: readonly string[];
}

/**
 * Connects one client of a stack: address, certificates and key go to the user's configuration folder, the
 * entries into the client program's file or to standard output.
 *
 * @throws Fault CONNECT_NO_STACK, CONNECT_CLIENT, CONNECT_FILE or CONNECT_CHANGED
 */
export function connectClient(
  stack: string,
  args: ConnectArguments,
  outputs: StackOutputs,
  surroundings: Surroundings,
): Connected {
  const { env, folder } = surroundings;
  const client = clientOf(outputs, stack, args.client);
  const files = materialFiles(stack, env);
  const wanted = args.remote
    ? remoteEntries(stack, client, args, files)
    : bridgeEntries(stack, client, args, surroundings);
  const target = args.write ?? (args.remote ? globalKiloFile(env) : undefined);
  if (target === undefined) {
    writeMaterial(files, client.access);
    return { printed: textOf(wanted), said: [keptIn(files), ...afterPrinting(args)] };
  }
  const write = planEntry(meantFile(target, folder, env), wanted, {
    record: files.record,
    force: args.force,
  });
  writeMaterial(files, client.access);
  const report = write();
  return { said: [...whatWasWritten(report), keptIn(files), ...afterWriting(args, files)] };
}

function bridgeEntries(
  stack: string,
  client: StackClient,
  { form, prefix }: ConnectArguments,
  { env, project, node }: Surroundings,
): ClientFile {
  const home = configHome({ HOME: env["HOME"] });
  return clientFile(form, {
    project: path.basename(project),
    stack,
    client: client.name,
    servers: client.servers,
    paths: { node, bridge: path.join(project, "connect", "main.mjs") },
    prefix,
    // Editors do not always have the environment of a shell.
    environment: configHome(env) === home ? undefined : { XDG_CONFIG_HOME: configHome(env) },
  });
}

function remoteEntries(
  stack: string,
  { name, servers }: StackClient,
  { prefix }: ConnectArguments,
  files: MaterialFiles,
): ClientFile {
  return remoteClientFile({ project: "", stack, client: name, servers, prefix, keyFile: files.key(name) });
}

/** The file that Kilo reads for all projects of a user. */
export function globalKiloFile(env: NodeJS.ProcessEnv): string {
  const names = ["kilo.jsonc", "kilo.json"].map((name) => path.join(configHome(env), "kilo", name));
  return names.find((file) => fs.existsSync(file)) ?? names[0]!;
}

function textOf({ under, entries, permission }: ClientFile): string {
  return JSON.stringify({ [under]: entries, ...(permission && { permission }) }, null, 2);
}

function whatWasWritten({ file, changes, notes, copy }: WriteReport): string[] {
  const rules = changes.filter((change) => / permission\./.test(change)).length;
  const done = changes.filter((change) => !/ permission\./.test(change));
  if (rules > 0) done.push(`${rules} ${rules === 1 ? "rule" : "rules"} in permission`);
  const first = done.length === 0 ? `${file} says so already` : `${file}: ${done.join(", ")}`;
  return [first, ...(copy === undefined ? [] : [`what was there before: ${copy}`]), ...notes];
}

function keptIn({ folder }: MaterialFiles): string {
  return `Address, certificates and key are in ${folder}; after a rotation, run this again.`;
}

const usualFile = {
  kilo: "kilo.jsonc in a project, or ~/.config/kilo/kilo.jsonc for all",
  "kilo-legacy": ".kilocode/mcp.json in a project",
  json: "the file in which your client has `mcpServers`",
} as const;

function afterPrinting({ form }: ConnectArguments): string[] {
  return [`Put this into ${usualFile[form]}, or let --write FILE merge it.`];
}

function afterWriting({ form, remote }: ConnectArguments, { ca }: MaterialFiles): string[] {
  if (remote) {
    return [`Before you start Kilo: export NODE_EXTRA_CA_CERTS=${ca}`, "Then: kilo mcp list"];
  }
  return form === "json" ? ["Restart your client, once."] : ["Look: kilo mcp list"];
}
