import { forgetStack } from "#connect/forgetStack.ts";
import { Fault } from "#model/fault.ts";
import { needsQuestion, readArguments, takeFlag } from "#toolchain/arguments.ts";
import { command } from "#toolchain/command.ts";
import { readDeployment, type Deployment } from "#toolchain/deployment.ts";
import { askEngine, endpointOf, requireAnswer } from "#toolchain/dockerEngine.ts";
import { say } from "#toolchain/progress.ts";
import { ensurePulumi } from "#toolchain/pulumi.ts";
import { removeCaches, removeImages, removeLeftovers } from "#toolchain/removal.ts";
import {
  dockerChoice,
  explainFailure,
  isTerminal,
  openSession,
  pulumiCapture,
  pulumiForeground,
  type Session,
} from "#toolchain/session.ts";
import { stackExists } from "#toolchain/stack.ts";

// npm run down [-- --stack prod --yes --purge]: removes the stack's objects. What is protected stays, in the
// engine and in the state. --purge also removes the stack itself, this project's images and its caches.
await command(async () => {
  const { args, found: purge } = takeFlag(readArguments(process.argv.slice(2), process.env), "--purge");
  const terminal = isTerminal();
  if (!terminal && needsQuestion(args)) {
    throw new Fault({
      code: "QUESTION_UNANSWERED",
      where: `stack ${args.stack}`,
      problem: "Pulumi would ask before removing this stack, and there is no terminal to ask on",
      mend: `npm run down -- --stack ${args.stack} --yes`,
    });
  }
  const endpoint = endpointOf(dockerChoice(args.stack));
  const session = openSession(args.stack, await ensurePulumi());
  if (await stackExists(session)) {
    requireAnswer(endpoint, await askEngine(endpoint));
    const code = await destroy(session, [...args.rest, ...(terminal || args.yes ? [] : ["--yes"])]);
    if (code !== 0) return code;
  } else {
    say(`There is no stack ${args.stack} in ${session.state.backend}.`);
  }
  return purge ? purgeAll(session) : 0;
});

async function destroy(session: Session, args: readonly string[]): Promise<number> {
  const before = await readDeployment(session);
  const kept = before === undefined || before.protectedResources === 0 ? [] : ["--exclude-protected"];
  const code = await pulumiForeground(session, ["destroy", "--stack", session.stack, ...kept, ...args]);
  if (code !== 0) {
    await explainFailure(session);
    return code;
  }
  const after = await readDeployment(session);
  if (after !== undefined && after.resources > 0) say(protectedRemain(session.stack, after));
  else if (before?.instance !== undefined) await sweep(session, before.instance);
  return 0;
}

function protectedRemain(stack: string, { resources }: Deployment): string {
  return (
    `The data of ${stack} is protected: ${resources} resources stay, and PostgreSQL keeps running.\n` +
    `To remove it as well: set \`protect: false\` and \`acceptDataLoss: ${stack}\` in its stack file, run \`npm run up\`, then \`npm run down\`.`
  );
}

async function sweep(session: Session, instance: string): Promise<void> {
  const removed = await removeLeftovers(endpointOf(dockerChoice(session.stack)), instance);
  if (removed.length > 0) say(`Removed what an interrupted run had left: ${removed.join(", ")}`);
}

async function purgeAll(session: Session): Promise<number> {
  if (await stackExists(session)) {
    const remains = await readDeployment(session);
    if (remains === undefined || remains.resources > 0) {
      say("The stack still has resources; nothing is purged.");
      return 1;
    }
    // Without --preserve-config Pulumi would delete the repository's stack file.
    const args = ["stack", "rm", "--yes", "--preserve-config", session.stack];
    const { code, stderr } = await pulumiCapture(session, args);
    if (code !== 0) say(stderr.trim());
  }
  for (const line of forgetStack(session.stack, process.env)) say(line);
  const images = await removeImages(endpointOf(dockerChoice(session.stack)));
  if (images.length > 0) say(`Removed images: ${images.join(", ")}`);
  say(`Removed ${removeCaches()}`);
  return 0;
}
