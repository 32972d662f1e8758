import { z } from "zod";

/** Names that need no quotes in SQL. */
export const workspaceName = (description: string) =>
  z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/, "lower-case letters, digits and _, 63 at most")
    .describe(description);
