import { z } from "zod";
import { orNull } from "#servers/runtime/orNull.ts";

/** What several tools say of a table and of a column, in the same words. */
export const tableKind = z.enum(["table", "partitioned table", "view", "materialized view", "foreign table"]);

export const columnShape = {
  name: z.string(),
  type: z.string(),
  nullable: z.boolean(),
  default: orNull(z.string()).describe("As SQL; of a generated column how it is computed."),
  comment: orNull(z.string()),
};

export const readableColumns = "Only columns that execute_query can read.";
