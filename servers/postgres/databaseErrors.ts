import { DatabaseError } from "pg";
import { workspaceSchemaName } from "#model/names.ts";
import { ToolError } from "#servers/runtime/tool.ts";
import { CopyRefused } from "./cappedQuery.ts";
import { ConnectionLost } from "./connectionLost.ts";

type Hints = Readonly<Record<string, string>>;

const anyHints: Hints = {
  "08P01": 'Give a value in "params" for each of $1, $2, …, and no more.',
  "55P03": "Somebody else is using the table; try again.",
  "57014": "The statement was ended because it took too long or the call was given up; narrow it down.",
};

/** What is added where PostgreSQL's own words do not say how to go on. */
const readingHints: Hints = {
  ...anyHints,
  "42601": "Send exactly one statement per call.",
  "25006": "This tool only reads.",
  "42501": "The login of this tool may only read, and not everything.",
};

export const writingHints: Hints = {
  ...anyHints,
  "42601":
    "Send exactly one INSERT, UPDATE, DELETE, MERGE or SELECT. Tables are made and removed with create_table and drop_table.",
  "42501": `The login of this tool may change rows of tables in ${workspaceSchemaName}, and see nothing else.`,
  "42P01": `Tables of this tool are in the schema ${workspaceSchemaName}; create_table makes them.`,
};

/** Classes of SQLSTATE that are about the server's own connection, not about the caller's statement. */
const ours = /^(08(?!P01)|28|3D|53300|57P)/;

export interface Telling {
  readonly hints?: Hints;
  /** Stood before the caller's SQL. */
  readonly prefix?: string;
  /** Whether the statement could have written, so that the caller must know whether it did. */
  readonly writing?: boolean;
}

/** What a caller is told of a failed statement: SQLSTATE, message, position and hint, none of the internals. */
export function toToolError(
  error: unknown,
  { hints = readingHints, prefix = "", writing = false }: Telling = {},
): ToolError {
  if (error instanceof ToolError) return error;
  if (error instanceof CopyRefused)
    return new ToolError("0A000", "COPY is not available here; use SELECT.", { cause: error });
  if (error instanceof DatabaseError && error.code !== undefined && !ours.test(error.code)) {
    const lines = [`${error.message} (SQLSTATE ${error.code})`];
    const position = Number(error.position ?? 0) - prefix.length;
    if (position > 0) lines.push(`Position: ${String(position)}`);
    const hint = error.hint ?? hints[error.code];
    if (hint !== undefined) lines.push(`Hint: ${hint}`);
    return new ToolError(error.code, lines.join("\n"), { cause: error });
  }
  const away = "The database does not answer now.";
  return new ToolError(
    codeOf(error) ?? "unavailable",
    writing ? `${away} ${outcome(error)}` : `${away} Try again in a few seconds.`,
    { cause: error },
  );
}

function outcome(error: unknown): string {
  return error instanceof ConnectionLost && error.phase === "committing"
    ? "The connection was lost while the change was being made final, so it may have been made or not: look before you repeat it."
    : "Nothing was written; try again in a few seconds.";
}

function codeOf(error: unknown): string | undefined {
  const { code } = ((error as { cause?: unknown }).cause ?? error) as { code?: unknown };
  return typeof code === "string" ? code : undefined;
}
