import fs from "node:fs";
import path from "node:path";
import { connectArguments } from "#connect/connectArguments.ts";
import { connectClient } from "#connect/connectClient.ts";
import type { StackOutputs } from "#connect/stackOutputs.ts";
import { readArguments } from "#toolchain/arguments.ts";
import { command } from "#toolchain/command.ts";
import { projectRoot } from "#toolchain/pins.ts";
import { decryptedOutputs } from "#toolchain/outputs.ts";
import { ensurePulumi } from "#toolchain/pulumi.ts";
import { explainFailure, openSession, type Session } from "#toolchain/session.ts";
import { stackExists } from "#toolchain/stack.ts";

// npm run connect -- kilo|kilo-legacy|json [--stack S] [--client NAME] [--write FILE] [--remote]: entries for a
// client program on standard output or in its file; everything for people goes to standard error.
await command(async () => {
  const { stack, rest } = readArguments(process.argv.slice(2), process.env);
  const args = connectArguments(rest);
  const outputs = await outputsOf(openSession(stack, await ensurePulumi()));
  const { printed, said } = connectClient(stack, args, outputs, {
    env: process.env,
    // npm goes to the project's folder; this is where the user was.
    folder: process.env["INIT_CWD"] ?? process.cwd(),
    project: projectRoot,
    node: entryNode(),
  });
  if (printed !== undefined) console.log(printed);
  for (const line of said) console.error(line);
  return 0;
});

/** All outputs, in memory only; none for a stack that does not exist. */
async function outputsOf(session: Session): Promise<StackOutputs> {
  const { outputs, stderr } = await decryptedOutputs(session);
  if (outputs !== undefined) return outputs;
  if (!(await stackExists(session))) return {};
  await explainFailure(session);
  throw new Error(stderr.trim());
}

/** The project's own Node.js, wherever it is the same after the next installation. */
function entryNode(): string {
  const packageName = `node-${process.platform}-${process.arch}`;
  const own = path.join(projectRoot, "node_modules", packageName, "bin", "node");
  return fs.existsSync(own) ? own : "node";
}
