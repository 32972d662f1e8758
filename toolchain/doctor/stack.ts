import Docker from "dockerode";
import { labels } from "#model/names.ts";
import { readDeployment } from "../deployment.ts";
import { askEngine, endpointOf } from "../dockerEngine.ts";
import { dockerChoice, pulumiCapture, type Session } from "../session.ts";
import { stackExists } from "../stack.ts";
import { saysWrongPassphrase, wrongPassphrase } from "../state.ts";
import { fail, ok, warn, type Check } from "./check.ts";

/** Whether the stack is there, whole and running. */
export async function stackChecks(session: Session): Promise<Check[]> {
  const { stack } = session;
  const mendUp = `npm run up -- --stack ${stack}`;
  if (!(await stackExists(session))) return [warn("stack", "stack", `${stack} does not exist yet`, mendUp)];
  const opened = await secretsOpen(session);
  const deployment = await readDeployment(session);
  if (deployment === undefined) return [opened, fail("stack", "stack", `${stack} cannot be read`, mendUp)];
  if (deployment.resources === 0) return [opened, warn("stack", "stack", `${stack} is empty`, mendUp)];
  const checks = [opened, ok("stack", "stack", `${stack}, ${deployment.resources} resources`)];
  if (deployment.pending.length > 0) {
    const found = `${deployment.pending.length} left by an interrupted run: ${deployment.pending.join(", ")}`;
    checks.push(warn("stack", "pending operations", found, mendUp));
  }
  checks.push(warn("stack", "backups", "no backups are taken", ownBackup(stack)));
  if (deployment.instance !== undefined) checks.push(...(await containers(session, deployment.instance)));
  return checks;
}

/** Until the stack takes backups itself. */
function ownBackup(stack: string): string {
  return `take them yourself: pg_dump with the output databaseUrl (npm run pulumi -- stack output --stack ${stack} --show-secrets databaseUrl)`;
}

async function secretsOpen(session: Session): Promise<Check> {
  // The answer holds every secret: only whether there was one is looked at.
  const { code, stderr } = await pulumiCapture(session, [
    "stack",
    "export",
    "--show-secrets",
    "--stack",
    session.stack,
  ]);
  if (code === 0) return ok("stack", "secrets", "the passphrase opens them");
  if (!saysWrongPassphrase(stderr))
    return fail("stack", "secrets", stderr.trim(), "npm run pulumi -- stack export");
  const { problem, mend } = wrongPassphrase(session.state, session.stack);
  return fail("stack", "secrets", problem, mend);
}

async function containers(session: Session, instance: string): Promise<Check[]> {
  const endpoint = endpointOf(dockerChoice(session.stack));
  if ((await askEngine(endpoint)).state !== "answers") return [];
  const found = await new Docker(endpoint.options).listContainers({
    all: true,
    filters: { label: [`${labels.instance}=${instance}`] },
  });
  const mend = `npm run up -- --stack ${session.stack}`;
  if (found.length === 0) return [fail("stack", "containers", "none of the stack's containers exists", mend)];
  return found.map(({ Names, State, Status }) => {
    const name = (Names[0] ?? "").replace(/^\//, "");
    const well = State === "running" && !Status.includes("unhealthy");
    return well ? ok("stack", name, Status) : fail("stack", name, Status, `docker logs ${name}; ${mend}`);
  });
}
