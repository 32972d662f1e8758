import { z } from "zod";
import type { Answer } from "../reader.ts";
import { jsonValue } from "../valueTypes.ts";
import type { JsonValue } from "../valueTypes.ts";
import { anyObject } from "./statement.ts";

/** Rows of a statement, in the words of a tool's output. */
export const resultSet = {
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  rows: z
    .array(anyObject())
    .describe("One object per row, keyed by column name; a repeated name gets a number."),
  rowCount: z.number().int().describe("Rows in this answer."),
  truncated: z.boolean().describe("Whether there were more rows than this answer holds."),
  truncatedBy: z.enum(["rows", "bytes"]).optional().describe("The limit that was reached."),
} as const;

export const nextCursor = z
  .string()
  .optional()
  .describe("For fetch_rows: the next page; absent when there is none, or when paging was not asked for.");

const schema = z.object(resultSet);

export function presentRows(answer: Answer): z.input<typeof schema> {
  const names = uniqueNames(answer.fields.map((field) => field.name));
  const typeIds = answer.fields.map((field) => field.dataTypeID);
  return {
    columns: names.map((name, index) => ({ name, type: answer.typeNames[index]! })),
    rows: answer.rows.map((row) => toObject(names, typeIds, row)),
    rowCount: answer.rows.length,
    truncated: answer.truncated !== undefined,
    ...(answer.truncated === undefined ? {} : { truncatedBy: answer.truncated }),
  };
}

function toObject(
  names: readonly string[],
  typeIds: readonly number[],
  row: readonly (string | null)[],
): Record<string, JsonValue> {
  // Not by assignment: a column may be called __proto__.
  return Object.fromEntries(
    names.map((name, index) => [name, jsonValue(typeIds[index]!, row[index] ?? null)]),
  );
}

/** `a, a, b` → `a, a_2, b`, never colliding with a name that is there. */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  const all = new Set(names);
  return names.map((name) => {
    let unique = name;
    for (let count = 2; taken.has(unique) || (unique !== name && all.has(unique)); count += 1)
      unique = `${name}_${count}`;
    taken.add(unique);
    return unique;
  });
}
