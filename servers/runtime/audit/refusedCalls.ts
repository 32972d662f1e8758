import type { StandardSchemaWithJSON } from "@modelcontextprotocol/server";
import { admitCall } from "#servers/runtime/limits/admitCall.ts";
import type { CallLimits } from "#servers/runtime/limits/admitCall.ts";
import type { Log } from "#servers/runtime/log.ts";
import type { AnyTool, ToolCall } from "#servers/runtime/tool.ts";
import type { Auditor } from "./auditor.ts";
import { eventOf } from "./callEvent.ts";

/* Calls that come to no tool: the protocol library answers them, here they are recorded. */

export interface RefusedCallOptions {
  readonly auditor: Auditor;
  readonly limits: CallLimits;
  readonly log: Log;
}

/** The input schema of a tool for one call, which records that the arguments did not fit. */
export function watchedInput(
  tool: AnyTool,
  call: ToolCall,
  options: RefusedCallOptions,
): StandardSchemaWithJSON {
  const standard = tool.input["~standard"];
  return {
    "~standard": {
      ...standard,
      validate: async (...given) => {
        const result = await standard.validate(...given);
        if (result.issues && admitCall(tool.name, call, options) === undefined) {
          const event = eventOf(tool.name, call, { outcome: "failed", problem: "invalid arguments" });
          await options.auditor.record(event, "soon").catch((error: unknown) => {
            options.log.error({ err: error, requestId: call.requestId }, "call not recorded");
          });
        }
        return result;
      },
    },
  };
}

/** Such calls share one count: their names are the caller's, and there are any number of them. */
const uncallable = "(no such tool)";

/**
 * Records a call of a tool that does not exist or that its caller may not use. Only what the body says counts.
 *
 * @param name of the tool, as the body says it
 * @param refusal why the caller may not use a tool, if so
 * @throws SpoolFull
 */
export async function recordUncallable(
  name: string | undefined,
  call: ToolCall,
  tools: readonly AnyTool[],
  refusal: (tool: AnyTool) => string | undefined,
  options: RefusedCallOptions,
): Promise<void> {
  const tool = tools.find((each) => each.name === name);
  const problem = tool ? refusal(tool) : "no such tool";
  if (name === undefined || problem === undefined) return;
  if (admitCall(uncallable, call, options) !== undefined) return;
  const event = eventOf(name, call, { outcome: tool ? "denied" : "failed", problem });
  await options.auditor.record(event, tool && tool.permission !== "read" ? "before-answer" : "soon");
}

/** The tool that a request calls; undefined for any other request. */
export function calledTool(body: unknown): string | undefined {
  const { method, params } = (body ?? {}) as { method?: unknown; params?: { name?: unknown } | null };
  return method === "tools/call" && typeof params?.name === "string" ? params.name : undefined;
}
