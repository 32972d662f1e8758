import { asSource, each, effective, without, type Effects } from "./effect.ts";
import { proofs } from "./proofs.ts";

const forPeople = without("it is for people");
const notRead = without("the bridge reads no environment; the server has its own files");
const bridge = effective("connect/runBridge.ts", "readArguments(", proofs.bridgeEntry);

/** Keys of every entry; `env` differs. */
function entry(server: string): Effects {
  return {
    ...each(bridge, ["command", "args"], `/mcpServers/${server}/`),
    ...each(asSource, ["timeout", "maxConnections"], `/mcpServers/${server}/`),
    [`/mcpServers/${server}/description`]: forPeople,
    [`/mcpServers/${server}/alwaysAllow`]: effective(
      "model/outputs.ts",
      "mcpServers[server]?.alwaysAllow",
      proofs.alwaysAllow,
    ),
  };
}

/** A value for all servers that have no own one, put into their files. */
const shared = (key: string) =>
  effective("model/files/serverOrigins.ts", `"/globalSettings/${key}"`, proofs.sharedDefaults);

/** `mcp.json` */
export const mcpEffects: Effects = {
  ...entry("filesystem"),
  ...each(notRead, ["NODE_ENV", "KILOCODE_ENV", "KILOCODE_PROJECT_PATH"], "/mcpServers/filesystem/env/"),
  ...entry("postgres"),
  ...each(notRead, ["NODE_ENV", "KILOCODE_ENV"], "/mcpServers/postgres/env/"),
  "/mcpServers/postgres/env/DATABASE_URL": asSource,
  ...entry("memory"),
  ...each(
    asSource,
    ["MCP_MEMORY_VECTOR_DB_PATH", "MCP_MEMORY_BACKUPS_PATH", "MCP_MEMORY_LOG_LEVEL"],
    "/mcpServers/memory/env/",
  ),
  ...entry("compliance"),
  ...each(asSource, ["COMPLIANCE_LOG_LEVEL", "COMPLIANCE_REPORT_PATH"], "/mcpServers/compliance/env/"),
  ...each(
    asSource,
    ["logLevel", "enableMetrics", "metricsPort", "enableSSL", "sslCertPath", "sslKeyPath"],
    "/globalSettings/",
  ),
  "/globalSettings/enableCompression": shared("enableCompression"),
  "/globalSettings/maxRequestSize": shared("maxRequestSize"),
  "/globalSettings/requestTimeout": shared("requestTimeout"),
};
