import { z } from "zod";
import { ToolError } from "#servers/runtime/tool.ts";

const scalars = [z.string(), z.number(), z.boolean(), z.null().describe("SQL's NULL")] as const;

/** `additionalProperties: true`, which more clients understand than the empty schema. */
export const anyObject = () => z.looseObject({}).meta({ additionalProperties: true });

/** One statement of a caller's, in the words of a tool's input. */
export const sqlText = (description: string) => z.string().min(1).max(1_000_000).describe(description);

export const parameters = () =>
  z
    .array(
      z.union([
        ...scalars,
        z.array(z.union(scalars)).describe("a PostgreSQL array of one dimension"),
        anyObject().describe("a json value"),
      ]),
    )
    .max(1000)
    .optional()
    .describe("Values of $1, $2, …");

/** @throws ToolError: the protocol ends texts with it, and what follows would be read as something else */
export function refuseNullCharacter(sql: string): void {
  if (sql.includes("\0")) throw new ToolError("22021", "SQL must not contain a null character.");
}
