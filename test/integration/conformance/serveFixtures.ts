import { z } from "zod";
import { postgresServer } from "#servers/postgres/postgresServer.ts";
import { runServer } from "#servers/runtime/runServer.ts";
import { defineTool, ToolError } from "#servers/runtime/tool.ts";
import { fixtureMount } from "./fixtureMount.ts";

/** Fails with words for its caller, by the way of every tool of ours. */
const failing = defineTool({
  name: "test_error_handling",
  title: "Fail",
  description: "Always fails",
  permission: "read",
  annotations: { readOnlyHint: true },
  input: z.object({}),
  output: z.object({}),
  run: () => Promise.reject(new ToolError("test", "This tool intentionally returns an error for testing")),
});

/** Runs the whole runtime (TLS, keys, roles, limits, log) with the fixtures, from files as of the postgres server. */
export async function serveFixtures(sessions: boolean): Promise<void> {
  const [, files, state] = process.argv.slice(2) as [string, string, string];
  const parts = { tools: [failing], close: () => Promise.resolve() };
  await runServer(
    { ...postgresServer, prepare: () => Promise.resolve({ activate: () => parts }) },
    { files, state, version: "0.0.0", mount: fixtureMount(sessions) },
  );
}
