import { z } from "zod";
import { defineTool } from "#servers/runtime/tool.ts";
import type { AnyTool } from "#servers/runtime/tool.ts";
import { fixOutput, toFixOutput } from "../fixes/fixRow.ts";
import type { FixRow } from "../fixes/fixRow.ts";
import type { Fixes } from "../fixes/fixes.ts";

const input = z.object({
  fix: z
    .number()
    .int()
    .min(1)
    .max(Number.MAX_SAFE_INTEGER)
    .describe("Its id, from propose_fix or list_fixes."),
});

interface Decision {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly destructive: boolean;
  readonly run: (id: number, user: string) => Promise<FixRow>;
}

/** The three steps after a proposal. The account counts, whichever of its keys was used. */
export function decideFix(fixes: Fixes): AnyTool[] {
  const decisions: Decision[] = [
    {
      name: "approve_fix",
      title: "Approve a fix",
      description:
        "Approves a proposed fix. Its proposer cannot; a fix whose target has changed becomes void.",
      destructive: false,
      run: (id, user) => fixes.approve(id, user),
    },
    {
      name: "apply_fix",
      title: "Apply a fix",
      description: "Runs an approved fix, if nothing that it was approved for has changed.",
      destructive: true,
      run: (id, user) => fixes.apply(id, user),
    },
    {
      name: "rollback_fix",
      title: "Take a fix back",
      description: "Runs the inverse of an applied fix, if the state is still the one that it left.",
      destructive: true,
      run: (id, user) => fixes.rollBack(id, user),
    },
  ];
  return decisions.map(({ name, title, description, destructive, run }) =>
    defineTool({
      name,
      title,
      description,
      permission: "execute",
      audit: { resource: ({ fix }) => String(fix) },
      annotations: {
        readOnlyHint: false,
        destructiveHint: destructive,
        idempotentHint: false,
        openWorldHint: false,
      },
      input,
      output: fixOutput,
      run: async ({ fix }, { caller }) => toFixOutput(await run(fix, caller.client)),
    }),
  );
}
