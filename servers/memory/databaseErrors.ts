import { DatabaseError } from "pg";
import { ToolError } from "#servers/runtime/tool.ts";

/** Classes of SQLSTATE that are about the connection or the server, not about what was asked. */
const away = /^(08|28|3D|53|57P|25006)/;

/** What a caller is told when the database fails; what nobody foresaw is passed on as it is. */
export function toToolError(error: unknown): unknown {
  if (error instanceof ToolError) return error;
  if (error instanceof DatabaseError && error.code === "57014") {
    return new ToolError(
      "57014",
      "The database took too long and the call was ended. Ask for fewer results.",
      {
        cause: error,
      },
    );
  }
  if (error instanceof DatabaseError && error.code !== undefined && !away.test(error.code)) return error;
  const code = (error as { code?: unknown }).code;
  return new ToolError(
    typeof code === "string" ? code : "unavailable",
    "The database does not answer now. Try again in a few seconds.",
    { cause: error },
  );
}
