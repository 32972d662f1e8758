import { z } from "zod";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { defineTool } from "#servers/runtime/tool.ts";

/** The same trivial tool for both sides of a comparison. */
export const echo: AnyTool = defineTool({
  name: "echo",
  title: "Echo",
  description: "Answers what it is given",
  permission: "read",
  annotations: { readOnlyHint: true },
  input: z.object({ value: z.string().max(1000) }),
  output: z.object({ value: z.string() }),
  run: ({ value }) => Promise.resolve({ value }),
});

/** As a tool that changes something is treated: recorded on disk before it answers. */
export const echoWrite: AnyTool = { ...echo, name: "echo_write", permission: "write", annotations: {} };
