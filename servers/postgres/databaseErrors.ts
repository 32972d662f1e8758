import { DatabaseError } from "pg";
import { ToolError } from "#servers/runtime/tool.ts";
import { CopyRefused } from "./cappedQuery.ts";

/** What is added where PostgreSQL's own words do not say how to go on. */
const hints: Readonly<Record<string, string>> = {
  "42601": "Send exactly one statement per call.",
  "25006": "This tool only reads.",
  "42501": "The login of this tool may only read, and not everything.",
  "57014": "The statement was ended because it took too long or the call was given up; narrow it down.",
};

/** Classes of SQLSTATE that are about the server's own connection, not about the caller's statement. */
const ours = /^(08|28|3D|53300|57P)/;

/** What a caller is told of a failed statement: SQLSTATE, message, position and hint, none of the internals. */
export function toToolError(error: unknown): ToolError {
  if (error instanceof ToolError) return error;
  if (error instanceof CopyRefused)
    return new ToolError("0A000", "COPY is not available here; use SELECT.", { cause: error });
  if (error instanceof DatabaseError && error.code !== undefined && !ours.test(error.code)) {
    const lines = [`${error.message} (SQLSTATE ${error.code})`];
    if (error.position !== undefined) lines.push(`Position: ${error.position}`);
    const hint = error.hint ?? hints[error.code];
    if (hint !== undefined) lines.push(`Hint: ${hint}`);
    return new ToolError(error.code, lines.join("\n"), { cause: error });
  }
  const code = (error as { code?: unknown }).code;
  return new ToolError(
    typeof code === "string" ? code : "unavailable",
    "The database does not answer now. Try again in a few seconds.",
    { cause: error },
  );
}
