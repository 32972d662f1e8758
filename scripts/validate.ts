import { enableCompileCache } from "node:module";
import path from "node:path";
import { cacheFolder } from "#toolchain/cacheFolder.mjs";
import type { Verdict } from "#toolchain/validate/verdict.ts";

// Half of the time would go into reading the program; what Node.js made of it once, it keeps for all commands.
enableCompileCache(process.env.NODE_COMPILE_CACHE ?? path.join(cacheFolder(), "compiled"));
const { readArguments } = await import("#toolchain/arguments.ts");
const { outColours } = await import("#toolchain/colours.ts");
const { command } = await import("#toolchain/command.ts");
const { projectRoot } = await import("#toolchain/pins.ts");
const { validateFolder } = await import("#toolchain/validate/folder.ts");
const { report, reportJson } = await import("#toolchain/validate/report.ts");
const { judgeStack, validateStack } = await import("#toolchain/validate/stack.ts");

const usage = `npm run validate [-- --stack STACK] [--dir FOLDER] [--json]
  Without --dir: the settings of a stack (default dev), and the files that they lead to.
  With --dir: mcp.json, .env and the others in FOLDER, judged as if that stack used them.
  Exit code: 0 valid, 1 faults, 2 called in a way that is not understood.`;

// npm run validate [-- --stack S] [--dir PATH] [--json]: needs neither engine nor network nor passphrase.
await command(async () => {
  const { stack, rest } = readArguments(process.argv.slice(2), process.env);
  const asked = readFlags(rest);
  if (asked === undefined) {
    console.error(usage);
    return 2;
  }
  const verdict = await Promise.resolve(judge(stack, asked.folder));
  console.log(asked.json ? reportJson(verdict) : report(verdict, outColours));
  return verdict.findings.length === 0 ? 0 : 1;
});

function judge(stack: string, folder: string | undefined): Verdict {
  if (folder === undefined) return validateStack(projectRoot, stack);
  const { settings, findings } = judgeStack(projectRoot, stack);
  if (!settings) return { subject: `stack ${stack}`, findings, planned: [] };
  // npm goes to the project's folder; this is where the user was.
  return validateFolder(path.resolve(process.env["INIT_CWD"] ?? process.cwd(), folder), settings);
}

function readFlags(args: readonly string[]): { folder: string | undefined; json: boolean } | undefined {
  let folder: string | undefined;
  let json = false;
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? "";
    const inline = /^--dir=(.+)$/.exec(argument)?.[1];
    if (argument === "--json") json = true;
    else if (inline !== undefined) folder = inline;
    else if (argument === "--dir" && args[index + 1] !== undefined) folder = args[++index];
    else return undefined;
  }
  return { folder, json };
}
