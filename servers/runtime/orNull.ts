import { z } from "zod";

/**
 * The schema or null, as `anyOf`: with a type list, into which a union without descriptions collapses, some
 * clients drop the tool.
 */
export function orNull<T extends z.ZodType>(schema: T): z.ZodUnion<[T, z.ZodNull]> {
  return z.union([schema, z.null().describe("none")]);
}
