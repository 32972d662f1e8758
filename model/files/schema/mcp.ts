import { z } from "zod";
import { readingTools } from "#model/client/readingTools.ts";
import type { ServerName } from "#model/names.ts";
import {
  always,
  file,
  flag,
  integer,
  key,
  line,
  list,
  milliseconds,
  need,
  oneOf,
  path,
  port,
  section,
  set,
  size,
  text,
} from "./fields.ts";
import { connectionString, logLevel } from "./sections.ts";

export const environments = ["production", "development"] as const;

const environment = {
  NODE_ENV: need(oneOf(environments), "Environment of the stack, for Node.js."),
  KILOCODE_ENV: need(oneOf(environments), "Environment of the stack."),
} as const;

/** One server as a client starts it: a local process that speaks over stdio. */
function entry<T extends z.ZodRawShape>(
  server: ServerName,
  env: T,
  { description, maxConnections }: { description: string; maxConnections: number },
) {
  return z
    .strictObject(
      {
        command: need(line(4096), "Program of the bridge that the client starts."),
        args: need(list(line(4096), 50, "arguments"), "Its arguments."),
        env: section("What it finds in its environment; nothing in it is secret.", env),
        description: key(line(200), description, "For people."),
        alwaysAllow: key(
          set(text(/^[a-z][a-z0-9_]{0,62}$/, "names of tools"), 0, 100, "names of tools"),
          [...readingTools[server]],
          "Tools that the client calls without asking.",
        ),
        timeout: key(
          milliseconds(100, 3_600_000),
          30_000,
          "Longest time that the client waits for one call.",
          "ms",
        ),
        maxConnections: key(
          integer(1, 10_000),
          maxConnections,
          "Client connections that the server takes.",
          "connections",
        ),
      },
      { error: "an object" },
    )
    .optional()
    .meta({ description: `The ${description.toLowerCase()}, as a client starts it.` });
}

/** `/etc/kilocode/mcp/mcp.json` */
export const mcpFile = file("The servers as a client connects to them.", {
  mcpServers: section("The servers that run, by name.", {
    filesystem: entry(
      "filesystem",
      {
        ...environment,
        KILOCODE_PROJECT_PATH: need(path(), "Folder of the project in the containers.", "path"),
      },
      {
        description: "Filesystem access for MCP servers",
        maxConnections: 100,
      },
    ),
    postgres: entry(
      "postgres",
      {
        ...environment,
        DATABASE_URL: need(connectionString(), "The database behind the server; without a password.", "URL"),
      },
      {
        description: "PostgreSQL database connection",
        maxConnections: 50,
      },
    ),
    memory: entry(
      "memory",
      {
        MCP_MEMORY_VECTOR_DB_PATH: need(path(), "As memory.json has it.", "path"),
        MCP_MEMORY_BACKUPS_PATH: need(path(), "As memory.json has it.", "path"),
        MCP_MEMORY_LOG_LEVEL: need(logLevel(), "As memory.json has it."),
      },
      {
        description: "Memory service for MCP servers",
        maxConnections: 100,
      },
    ),
    compliance: entry(
      "compliance",
      {
        COMPLIANCE_LOG_LEVEL: need(logLevel(), "As compliance.json has it."),
        COMPLIANCE_REPORT_PATH: need(path(), "As compliance.json has it.", "path"),
      },
      {
        description: "Compliance server for MCP servers",
        maxConnections: 50,
      },
    ),
  }),
  globalSettings: section("What holds for all servers unless their own file differs.", {
    logLevel: need(logLevel(), "As logging.json has it."),
    enableMetrics: need(flag(), "As metrics.json has it."),
    metricsPort: need(port(), "As metrics.json has it."),
    enableSSL: key(always(true, "the servers speak HTTPS only"), true, "Whether the servers speak HTTPS."),
    sslCertPath: need(path(), "As ssl.json has it.", "path"),
    sslKeyPath: need(path(), "As ssl.json has it.", "path"),
    enableCompression: key(flag(), true, "Whether servers compress answers."),
    maxRequestSize: key(size("1KB", "1GB"), "10MB", "Largest request body of the servers."),
    requestTimeout: key(
      milliseconds(100, 3_600_000),
      30_000,
      "Longest time of a request to the servers.",
      "ms",
    ),
  }),
});
