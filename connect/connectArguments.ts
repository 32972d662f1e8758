import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { clientForms, type ClientForm } from "#model/client/entries.ts";
import { Fault } from "#model/fault.ts";

/** What `npm run connect` was asked for. */
export interface ConnectArguments {
  readonly form: ClientForm;
  readonly client: string | undefined;
  /** The file to write into; none: print. */
  readonly write: string | undefined;
  readonly remote: boolean;
  readonly force: boolean;
  readonly prefix: string | undefined;
}

const usage =
  "npm run connect -- kilo|kilo-legacy|json [--stack NAME] [--client NAME] [--write FILE] [--prefix TEXT] [--force]; npm run connect -- kilo --remote";

/**
 * @param args without `--stack`
 * @throws Fault CONNECT_ARGUMENTS
 */
export function connectArguments(args: readonly string[]): ConnectArguments {
  const { values, positionals } = parsed(args);
  const [form, ...more] = positionals;
  if (form === undefined || more.length > 0 || !isForm(form)) {
    throw refused(
      form === undefined
        ? "the client program is missing"
        : `\`${positionals.join(" ")}\` is no client program`,
    );
  }
  const { client, write, remote = false, force = false, prefix } = values;
  if (remote && form !== "kilo") throw refused(`--remote is a form of Kilo's own file, not of \`${form}\``);
  if (write === "") throw refused("--write needs the path of a file");
  if (prefix !== undefined && !/^[A-Za-z0-9_-]+$/.test(prefix)) {
    throw refused("--prefix takes letters, digits, `_` and `-`");
  }
  if (write !== undefined) refuseOtherForm(form, path.basename(write));
  return { form, client, write, remote, force, prefix };
}

function parsed(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    return parseArgs({
      args: [...args],
      options: { client: text, write: text, prefix: text, remote: flag, force: flag },
      allowPositionals: true,
    });
  } catch (error) {
    throw refused((error as Error).message.split(". ")[0]!);
  }
}

/** Where the name tells which program reads the file, the form must be that program's. */
function refuseOtherForm(form: ClientForm, name: string): void {
  const current = /^kilo\.jsonc?$/.test(name);
  if (current && form !== "kilo") throw refused(`${name} is read in the form \`kilo\`, not \`${form}\``);
  if (form === "kilo" && /^(mcp|mcp_settings)\.json$/.test(name)) {
    throw refused(`${name} is read in the form \`kilo-legacy\` or \`json\`, not \`kilo\``);
  }
}

/** The file that a user means: relative to where they are, `~` for their home. */
export function meantFile(file: string, folder: string, env: NodeJS.ProcessEnv): string {
  const home = env["HOME"] ?? os.homedir();
  return path.resolve(folder, file.replace(/^~(?=\/)/, home));
}

function isForm(text: string): text is ClientForm {
  return (clientForms as readonly string[]).includes(text);
}

function refused(problem: string): Fault {
  return new Fault({ code: "CONNECT_ARGUMENTS", problem, mend: usage });
}
