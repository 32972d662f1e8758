/**
 * `node fixtureServer.ts <server> <files> <state>`: the runtime with tools of its own instead of that server's, so that
 * what the runtime does around a call can be seen for each permission. Runs like `servers/main.ts`.
 */
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { complianceFile } from "#model/files/schema/compliance.ts";
import { postgresFile } from "#model/files/schema/postgres.ts";
import { runServer } from "#servers/runtime/runServer.ts";
import { ToolError, defineTool } from "#servers/runtime/tool.ts";
import type { Permission } from "#servers/runtime/tool.ts";

const done = z.object({ done: z.string() });

function tool<I extends z.ZodObject>(
  name: string,
  permission: Permission,
  input: I,
  run: (args: z.output<I>, signal: AbortSignal) => Promise<string> | string,
  audit: { record?: string[]; resource?: (args: z.output<I>) => string | undefined } = {},
) {
  return defineTool({
    name,
    title: name,
    description: name,
    permission,
    annotations: { readOnlyHint: permission === "read" },
    input,
    output: done,
    audit,
    run: async (args, { signal }) => ({ done: await run(args, signal) }),
  });
}

const content = z.object({ path: z.string(), content: z.string(), password: z.string().optional() });
const tools = [
  tool("look", "read", z.object({ text: z.string().optional() }), ({ text }) => text ?? "nothing"),
  tool("other", "read", z.object({}), () => "other"),
  tool("long", "read", z.object({ bytes: z.number() }), ({ bytes }) => "0123456789".repeat(bytes / 10)),
  tool("nap", "read", z.object({ milliseconds: z.number() }), async ({ milliseconds }, signal) => {
    await pause(milliseconds, undefined, { signal });
    return "rested";
  }),
  tool("fail", "read", z.object({}), () => Promise.reject(new ToolError("broken", "it is broken"))),
  tool("put", "write", content, ({ path }) => path, { record: ["path"], resource: ({ path }) => path }),
  tool("act", "execute", z.object({}), () => "acted"),
  tool("crash", "execute", z.object({ text: z.string() }), ({ text }) => Promise.reject(new Error(text))),
];

const [name = "", files = "", state = ""] = process.argv.slice(2);
const definition = {
  name,
  instructions: "",
  prepare: () => Promise.resolve({ activate: () => ({ tools, close: () => Promise.resolve() }) }),
};
const options = { files, state, version: "0.0.0", auditCapacityBytes: 400_000 };
const running = await (name === "compliance"
  ? runServer({ ...definition, schema: complianceFile }, options)
  : runServer({ ...definition, schema: postgresFile }, options));
process.once("SIGTERM", () => void running.stop().then(() => process.exit(0)));
