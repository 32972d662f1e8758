/** `echoRuntime.ts postgres|compliance <files> <state>`: the whole runtime with one trivial tool, which also "writes". */
import { complianceServer } from "#servers/compliance/complianceServer.ts";
import { postgresServer } from "#servers/postgres/postgresServer.ts";
import { runServer } from "#servers/runtime/runServer.ts";
import { echo, echoWrite } from "./echoTool.ts";

const [name, files, state] = process.argv.slice(2) as [string, string, string];
const parts = { tools: [echo, echoWrite], close: () => Promise.resolve() };
const prepare = () => Promise.resolve({ activate: () => parts });
const options = { files, state, version: "0.0.0" };
const running = await (name === "compliance"
  ? runServer({ ...complianceServer, prepare }, options)
  : runServer({ ...postgresServer, prepare }, options));
// An end in order, so that a profiler can write what it saw.
process.once("SIGTERM", () => void running.stop().then(() => process.exit(0)));
