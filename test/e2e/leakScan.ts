import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dockerEngine } from "#providers/docker/engine.ts";
import { secretForms } from "#test/leaks.ts";
import type { Sinks } from "#test/leaks.ts";
import { execIn } from "./execIn.ts";
import { postgresIn } from "./postgresIn.ts";
import type { TestStack } from "./stack.ts";

interface ExportedState {
  readonly deployment: {
    readonly resources: {
      readonly urn: string;
      readonly type: string;
      readonly outputs?: Record<string, unknown>;
    }[];
  };
}

/** Tables into which servers and deployment write what they saw. */
const recordingTables = [
  "configuration_files",
  "configuration_file_versions",
  "audit_logs",
  "compliance_logs",
  "deployment_facts",
  "server_reports",
  "server_status",
  "system_metrics",
];

/** Outputs that hold a generated secret, by the type of their resource. */
const secretOutputs: Record<string, string> = {
  "random:index/randomPassword:RandomPassword": "result",
  "tls:index/privateKey:PrivateKey": "privateKeyPemPkcs8",
};

/** Every generated secret of a stack, in the forms in which it could be written somewhere. */
export async function generatedSecrets(stack: TestStack): Promise<string[]> {
  const { stdout } = await stack.pulumi(["stack", "export", "--show-secrets"]);
  const secrets: string[] = [];
  for (const { urn, type, outputs } of (JSON.parse(stdout) as ExportedState).deployment.resources) {
    // Other random bytes are salts.
    const ring = type === "random:index/randomBytes:RandomBytes" && urn.includes("KeyRing");
    const key = ring ? "base64" : secretOutputs[type];
    const value = key === undefined ? undefined : plaintext(outputs?.[key]);
    if (value !== undefined) secrets.push(...secretForms(value));
  }
  if (secrets.length === 0) throw new Error("the state holds no generated secret: nothing to look for");
  return [...new Set(secrets)];
}

/** The engine wraps a secret as `{<mark>: …, plaintext: "<JSON>"}`. */
function plaintext(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  const text = (value as { plaintext?: string } | undefined)?.plaintext;
  return text === undefined ? undefined : (JSON.parse(text) as string);
}

/** Collects what the stack lets out. Fails if a place is empty or cannot be read, as that would prove nothing. */
export async function collectSinks(stack: TestStack): Promise<Sinks> {
  const engine = dockerEngine({});
  const sinks: Sinks = { "state in clear": stateFiles(stack) };
  for (const table of recordingTables) sinks[table] = await postgresIn(stack, `SELECT * FROM mcp.${table}`);
  for (const object of await stack.objects()) {
    const [kind, name] = object.split(" ") as [string, string];
    if (kind === "volume") sinks[`inspect ${name}`] = JSON.stringify(await engine.getVolume(name).inspect());
    if (kind === "network")
      sinks[`inspect ${name}`] = JSON.stringify(await engine.getNetwork(name).inspect());
    if (kind !== "container") continue;
    const service = name.slice(stack.prefix.length + 1);
    if (service !== "database")
      sinks[`log files of ${service}`] = await execIn(stack, service, [
        "sh",
        "-c",
        "cat /var/log/kilocode/mcp/*",
      ]);
    const container = engine.getContainer(name);
    const inspected = await container.inspect();
    sinks[`inspect ${name}`] = JSON.stringify(inspected);
    sinks[`log of ${name}`] = (await container.logs({ stdout: true, stderr: true })).toString("utf8");
    sinks[`processes of ${name}`] = processes(inspected.State.Pid);
    sinks[`history of ${inspected.Config.Image}`] = JSON.stringify(
      await engine.getImage(inspected.Config.Image).history(),
    );
  }
  for (const args of [
    ["preview"],
    ["preview", "--diff"],
    ["preview", "--json"],
    ["stack", "output"],
    ["up", "--yes"],
  ]) {
    const { code, output } = await stack.pulumi(args);
    if (code !== 0) throw new Error(`${args.join(" ")}: ${output}`);
    sinks[`pulumi ${args.join(" ")}`] = output;
  }
  const empty = Object.keys(sinks).filter((name) => sinks[name]!.trim() === "");
  if (empty.length > 0) throw new Error(`nothing came out of: ${empty.join(", ")}`);
  return sinks;
}

function stateFiles(stack: TestStack): string {
  const folder = stack.stateFolder;
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return files.map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8")).join("\n");
}

/** Command lines and environments of a container's processes, as the engine's host sees them. */
function processes(root: number): string {
  const parents = new Map<number, number>();
  for (const pid of readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)) {
    const stat = tryRead(`/proc/${pid}/stat`);
    if (stat !== "") parents.set(pid, Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
  }
  const inside = [...parents.keys()].filter((pid) => pid === root || parents.get(pid) === root);
  return inside
    .map((pid) => `${tryRead(`/proc/${pid}/cmdline`)}\n${tryRead(`/proc/${pid}/environ`)}`)
    .join("\n");
}

/** A process may end while it is being looked at. */
function tryRead(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
