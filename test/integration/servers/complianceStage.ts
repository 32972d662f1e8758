import type { RecordedFacts } from "#model/compliance/deploymentFacts.ts";
import { containerFacts } from "#model/compliance/deploymentFacts.ts";
import { serverNames, serviceUids, type ServerName } from "#model/names.ts";
import type { SelfReport } from "#model/selfReport.ts";
import { withSession } from "#providers/database/connect.ts";
import { apply as applyFacts } from "#providers/facts/runner.ts";
import type { ReadyStage } from "./stage.ts";

const megabyte = 1024 ** 2;

/** What a server was deployed with. */
export function factsOf(server: ServerName): RecordedFacts & { enabled: true } {
  return {
    ...containerFacts({ uid: serviceUids[server], memory: 256 * megabyte, cpus: 1, pids: 128 }),
    image: "kilocode-mcp-servers:0123456789abcdef",
    published: { address: "127.0.0.1", port: 13_000 },
    enabled: true,
    stackEnvironment: "dev",
    version: "0.1.0",
    tls: { protocol: "TLSv1.2" },
    credentials: {
      login: { generation: 1 },
      jwt: { generation: 1 },
      ...(server === "memory" ? { encryption: { generation: 1 } } : {}),
    },
  };
}

export function databaseFacts(): RecordedFacts {
  return {
    ...factsOf("postgres"),
    uid: serviceUids.database,
    gid: serviceUids.database,
    credentials: { superuser: { generation: 1 } },
    backups: { decided: true },
    retention: { audit_logs: 90, compliance_logs: 180, system_metrics: 30, server_status_history: 30 },
  };
}

/** What a server says that is as it was deployed. */
export function reportOf(server: ServerName): SelfReport {
  const { uid, gid, capabilities, noNewPrivileges, readOnlyRoot, limits } = factsOf(server);
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
  const file = (path: string, mode: string) => ({ path: `/etc/kilocode/${path}`, mode, uid });
  return {
    version: "0.1.0",
    uid,
    gid,
    capabilities,
    noNewPrivileges,
    readOnlyRoot,
    limits,
    files: [
      file("mcp", "0500"),
      file(`mcp/${server}.json`, "0400"),
      file("secrets", "0500"),
      file("secrets/database-password", "0400"),
      file("ssl", "0500"),
      file("ssl/mcp.key", "0400"),
    ],
    writable: ["/dev/shm", "/tmp", "/var/lib/kilocode"],
    environment: ["LANG", "NODE_ENV", "PATH"],
    tls: {
      protocol: "TLSv1.2",
      suites: ["TLS_AES_256_GCM_SHA384"],
      certificateEnds: inDays(200),
      fingerprint: "00",
    },
    inForce: { authentication: true, authorization: true, rateLimit: true, logging: true, audit: true },
  };
}

/** As the deployment writes it down. */
export async function writeFacts(
  stage: ReadyStage,
  changed: Partial<Record<ServerName | "database", RecordedFacts>> = {},
): Promise<void> {
  const facts = Object.fromEntries(serverNames.map((server) => [server, factsOf(server)]));
  await applyFacts({
    connection: stage.login("provisioner_1"),
    facts: { ...facts, database: databaseFacts(), ...changed },
    systemIdentifier: stage.systemIdentifier,
  });
}

/** As the server itself records it, by its own login unless another is named. */
export async function writeReport(
  stage: ReadyStage,
  server: ServerName,
  changed: Partial<SelfReport> = {},
  login: `${ServerName}_1` = `${server}_1`,
): Promise<void> {
  const report = { ...reportOf(server), ...changed };
  await withSession(stage.login(login), async (client) => {
    await client.query("SELECT record_self_report($1, $2)", [server, JSON.stringify(report)]);
    await client.query("SELECT record_heartbeat($1, 'mcp', 'running')", [server]);
  });
}

/** The server under test says of itself what the test's process is; once a day is enough. */
export const quiet = { metrics: { sampleInterval: 86_400 } };

/** Waits until a server that has just started has reported itself, which nothing overwrites afterwards. */
export async function reported(stage: ReadyStage, server: ServerName): Promise<void> {
  for (let found = 0; found === 0; await new Promise((resolve) => setTimeout(resolve, 100))) {
    found = await stage.asSuperuser(
      async (client) =>
        (await client.query("SELECT FROM mcp.server_reports WHERE server_name = $1", [server])).rows.length,
    );
  }
}

/** Makes a report older than it is. */
export async function ageReport(stage: ReadyStage, server: ServerName, seconds: number): Promise<void> {
  await stage.asSuperuser((client) =>
    client.query(
      "UPDATE mcp.server_reports SET reported_at = clock_timestamp() - make_interval(secs => $2) WHERE server_name = $1",
      [server, seconds],
    ),
  );
}

/** A server reports itself again when it has new files; what it said is replaced by what it should say. */
export async function reportedAnew(
  stage: ReadyStage,
  server: ServerName,
  deliver: () => Promise<void>,
): Promise<void> {
  await stage.asSuperuser((client) =>
    client.query("DELETE FROM mcp.server_reports WHERE server_name = $1", [server]),
  );
  await deliver();
  await reported(stage, server);
  await writeReport(stage, server);
}
