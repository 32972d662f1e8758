import { execIn } from "./execIn.ts";
import type { TestStack } from "./stack.ts";

const login = ["-h", "/run/postgresql", "-U", "postgres", "-d", "mcp_db"];

/** Asks the stack's PostgreSQL as superuser, inside its container, and returns the plain answer. */
export function postgresIn(stack: TestStack, sql: string): Promise<string> {
  const quiet = ["-v", "ON_ERROR_STOP=1", "-P", "pager=off", "-XAtc", sql];
  return execIn(stack, "database", ["psql", ...login, ...quiet]);
}
