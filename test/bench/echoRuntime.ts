/** `echoRuntime.ts postgres <files> <state>`: the whole runtime with one trivial tool. */
import { postgresServer } from "#servers/postgres/postgresServer.ts";
import { runServer } from "#servers/runtime/runServer.ts";
import { echo } from "./echoTool.ts";

const [, files, state] = process.argv.slice(2) as [string, string, string];
const parts = { tools: [echo], close: () => Promise.resolve() };
await runServer(
  { ...postgresServer, prepare: () => Promise.resolve({ activate: () => parts }) },
  { files, state, version: "0.0.0" },
);
