import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { isConnected, refreshMaterial } from "#connect/refreshMaterial.ts";
import { Fault } from "#model/fault.ts";
import { needsQuestion, readArguments } from "#toolchain/arguments.ts";
import { command } from "#toolchain/command.ts";
import { noticeLosses } from "#toolchain/heal.ts";
import { decryptedOutputs } from "#toolchain/outputs.ts";
import { phasesOf, type Phases } from "#toolchain/phases.ts";
import {
  explainFailure,
  isTerminal,
  openSession,
  pulumiCapture,
  pulumiForeground,
  setUp,
  type Session,
} from "#toolchain/session.ts";
import { ensureStack } from "#toolchain/stack.ts";
import { summary, type ShownOutputs } from "#toolchain/summary.ts";

// npm run up [-- --stack prod --yes …]: sets up what is missing, then `pulumi up`, then what to do with it.
await command(async () => {
  const args = readArguments(process.argv.slice(2), process.env);
  const terminal = isTerminal();
  if (!terminal && needsQuestion(args)) {
    throw new Fault({
      code: "QUESTION_UNANSWERED",
      where: `stack ${args.stack}`,
      problem: "Pulumi would ask before changing this stack, and there is no terminal to ask on",
      mend: `look at \`npm run preview -- --stack ${args.stack}\`, then run \`npm run up -- --stack ${args.stack} --yes\``,
    });
  }
  const started = Date.now();
  const session = openSession(args.stack, await setUp(args.stack));
  await ensureStack(session);
  await noticeLosses(session);
  const setUpMs = Date.now() - started;
  const consent = terminal || args.yes ? [] : ["--yes"];
  const { code, phases } = await update(session, [...args.rest, ...consent]);
  if (code !== 0) {
    await explainFailure(session);
    return code;
  }
  await renewClients(session);
  console.log(`\n${summary(args.stack, await shownOutputs(session), phases, setUpMs)}`);
  return 0;
});

/** The event log holds what the engine does; Pulumi hides the flag behind a variable for debugging. */
async function update(session: Session, args: readonly string[]): Promise<{ code: number; phases: Phases }> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "kilocode-up-"));
  const log = path.join(folder, "events");
  try {
    const all = ["up", "--stack", session.stack, "--event-log", log, ...args];
    const asked = args.some((argument) => argument === "--yes" || argument === "-y") ? Date.now() : undefined;
    const code = await pulumiForeground(session, all, { ...session.env, PULUMI_DEBUG_COMMANDS: "true" });
    return { code, phases: fs.existsSync(log) ? phasesOf(fs.readFileSync(log, "utf8"), asked) : {} };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function shownOutputs(session: Session): Promise<ShownOutputs> {
  const { code, stdout } = await pulumiCapture(session, [
    "stack",
    "output",
    "--json",
    "--stack",
    session.stack,
  ]);
  return code === 0 ? (JSON.parse(stdout) as ShownOutputs) : {};
}

/** Clients that were connected on this machine take up new keys and certificates with their next call. */
async function renewClients(session: Session): Promise<void> {
  if (!isConnected(session.stack, process.env)) return;
  const { outputs } = await decryptedOutputs(session);
  if (outputs !== undefined) refreshMaterial(session.stack, outputs, process.env);
}
