import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { Fault } from "#model/fault.ts";
import { readArguments, takeFlag } from "#toolchain/arguments.ts";
import { outColours } from "#toolchain/colours.ts";
import { command } from "#toolchain/command.ts";
import { askEngine, endpointOf, requireAnswer } from "#toolchain/dockerEngine.ts";
import { driftJson, driftTable, findingsOf, type Finding } from "#toolchain/driftReport.ts";
import { ensurePulumi } from "#toolchain/pulumi.ts";
import {
  dockerChoice,
  explainFailure,
  openSession,
  pulumiCapture,
  type Session,
} from "#toolchain/session.ts";
import { stackExists } from "#toolchain/stack.ts";
import { stackAbsent } from "#toolchain/toolsPlace.ts";

// npm run drift [-- --stack S --json]: what differs from the stack, by file and place; no values, no change.
// Exit code 0: nothing; 2: something; 1: it could not be found out.
await command(async () => {
  const { args, found: json } = takeFlag(readArguments(process.argv.slice(2), process.env), "--json");
  const endpoint = endpointOf(dockerChoice(args.stack));
  requireAnswer(endpoint, await askEngine(endpoint));
  const session = openSession(args.stack, await ensurePulumi());
  if (!(await stackExists(session))) throw stackAbsent(args.stack);
  const findings = await look(session, args.rest);
  console.log(json ? driftJson(findings) : driftTable(findings, args.stack, outColours));
  return findings.length === 0 ? 0 : 2;
});

/** What Pulumi's own refresh finds; the event log says more than what it prints. */
async function look(session: Session, args: readonly string[]): Promise<Finding[]> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "kilocode-drift-"));
  const log = path.join(folder, "events");
  try {
    const asked = { ...session, env: { ...session.env, PULUMI_DEBUG_COMMANDS: "true" } };
    const refresh = ["refresh", "--preview-only", "--stack", session.stack, "--event-log", log, ...args];
    const { code, stdout, stderr } = await pulumiCapture(asked, refresh);
    if (code === 0) return findingsOf(fs.readFileSync(log, "utf8"));
    await explainFailure(session);
    throw new Fault({
      code: "STATE_UNREADABLE",
      where: `stack ${session.stack}`,
      problem: `the refresh failed: ${diagnostics(`${stdout}\n${stderr}`)}`,
      mend: "npm run doctor",
    });
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** What went wrong, without the list of what was looked at. */
function diagnostics(output: string): string {
  return output.slice(Math.max(0, output.indexOf("Diagnostics:"))).trim();
}
