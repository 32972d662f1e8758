import { DatabaseError } from "pg";
import { ToolError } from "#servers/runtime/tool.ts";

/** SQLSTATEs that functions of `migrations/0014_compliance.sql` raise, with words of their own for the caller. */
const told = new Set(["P0002", "55000", "42501", "55P03", "0A000", "22023", "2BP01"]);

/** What a caller is told of a failure in the database. */
export function databaseFailure(error: unknown): unknown {
  if (error instanceof ToolError || !(error instanceof Error)) return error;
  const { code } = error as { code?: unknown };
  if (error instanceof DatabaseError && code !== undefined && told.has(error.code ?? "")) {
    const hint = error.hint === undefined ? "" : ` (${error.hint})`;
    return new ToolError(error.code!, `${error.message}${hint}.`, { cause: error });
  }
  return new ToolError(
    typeof code === "string" ? code : "unavailable",
    "The database does not answer now. Try again in a few seconds.",
    { cause: error },
  );
}

/** Runs `work` and tells its failures in the words of `databaseFailure`. */
export async function inToolWords<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw databaseFailure(error);
  }
}
