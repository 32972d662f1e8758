import { z } from "zod";
import { severities } from "#model/compliance/ruleFile.ts";
import { serverNames } from "#model/names.ts";
import { orNull } from "#servers/runtime/orNull.ts";
import { statuses } from "../runs/runResult.ts";

/* Parts that the answers and arguments of several tools have. */

export const serverName = z.enum([...serverNames, "database"]);
export const ruleId = z.string().min(1).max(50);
export const status = z.enum(statuses);

export const ruleFaults = z
  .array(
    z.object({
      file: z.string(),
      line: orNull(z.number().int()),
      pointer: z.string(),
      problem: z.string(),
    }),
  )
  .describe("Files in the rules folder that are not in force.");

export const severity = z.enum(severities);
