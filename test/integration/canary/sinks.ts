import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { gunzipSync } from "node:zlib";
import { Agent, fetch } from "undici";
import type { Sinks } from "#test/leaks.ts";
import { callTool, connectClient } from "#test/integration/servers/request.ts";
import type { ServerProcess } from "#test/integration/servers/serverProcess.ts";
import type { ReadyStage } from "#test/integration/servers/stage.ts";

/** Everything that comes out of a server: what it prints, writes, records, and answers to others. */
export async function collectSinks(server: ServerProcess, stage: ReadyStage): Promise<Sinks> {
  return {
    "standard output": server.output(),
    "PostgreSQL's log": await stage.postgresLog(),
    ...filesBelow(server.state),
    ...(await tables(stage)),
    ...(await endpoints(server, stage.keys.second)),
    ...(await answersToOthers(server, stage)),
  };
}

/** What the server keeps: log files, records that wait for the database, exports, reports. */
function filesBelow(folder: string): Sinks {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const named = files.map((entry): [string, string] => {
    const path = join(entry.parentPath, entry.name);
    const bytes = readFileSync(path);
    const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("latin1");
    return [`file ${relative(folder, path)}`, text];
  });
  return Object.fromEntries(named);
}

/** Every row of every table of ours, bytes as hexadecimal digits and as the characters that they may be. */
async function tables(stage: ReadyStage): Promise<Sinks> {
  return stage.asSuperuser(async (client) => {
    const sinks: Sinks = {};
    const { rows } = await client.query<{ name: string }>(
      `SELECT format('%I.%I', 'mcp', relname) AS name FROM pg_class
       WHERE relnamespace = 'mcp'::regnamespace AND relkind = 'r' ORDER BY 1`,
    );
    await client.query("SET bytea_output = 'escape'");
    for (const { name } of rows) {
      const found = await client.query<{ text: string }>(`SELECT t::text AS text FROM ${name} t`);
      if (found.rows.length > 0) sinks[`table ${name}`] = found.rows.map(({ text }) => text).join("\n");
    }
    return sinks;
  });
}

/** Health, metrics and information, on the server's own port and on that of the metrics, with a key and without. */
async function endpoints(server: ServerProcess, key: string): Promise<Sinks> {
  const sinks: Sinks = {};
  const dispatcher = new Agent({ connect: { ca: server.ca() } });
  const paths = [
    "/health",
    "/health/live",
    "/health/ready",
    "/metrics",
    "/info",
    "/api/v1/metrics",
    "/.well-known/oauth-protected-resource/mcp",
  ];
  for (const port of [server.port, server.metricsPort]) {
    for (const path of paths) {
      for (const headers of [{}, { "x-api-key": key }]) {
        const answer = await fetch(`https://localhost:${port}${path}`, { dispatcher, headers }).catch(
          () => undefined,
        );
        if (!answer) continue;
        const who = "x-api-key" in headers ? "with a key" : "without a key";
        const where = port === server.port ? "server's port" : "metrics port";
        sinks[`${path} on the ${where} ${who}`] =
          `${answer.status} ${JSON.stringify([...answer.headers])} ${await answer.text()}`;
      }
    }
  }
  await dispatcher.close();
  return sinks;
}

/** What another client of the same servers is told by the list of tools and by each tool that reads without arguments. */
async function answersToOthers(server: ServerProcess, stage: ReadyStage): Promise<Sinks> {
  const { client, close } = await connectClient(server, stage.keys.second);
  const { tools } = await client.listTools();
  const sinks: Sinks = { "list of tools": JSON.stringify(tools) };
  for (const { name, annotations, inputSchema } of tools) {
    if (annotations?.readOnlyHint !== true || (inputSchema.required ?? []).length > 0) continue;
    const { text, structured } = await callTool(client, name, {});
    sinks[`${name} called by another client`] = `${text}\n${JSON.stringify(structured)}`;
  }
  await close();
  return sinks;
}
