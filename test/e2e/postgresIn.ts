import { dockerEngine } from "#providers/docker/engine.ts";
import type { TestStack } from "./stack.ts";

/** Asks the stack's PostgreSQL as superuser, inside its container, and returns the plain answer. */
export async function postgresIn(stack: TestStack, sql: string): Promise<string> {
  const command = await dockerEngine({})
    .getContainer(`${stack.prefix}-database`)
    .exec({
      Cmd: [
        "psql",
        "-h",
        "/run/postgresql",
        "-U",
        "postgres",
        "-d",
        "mcp_db",
        "-v",
        "ON_ERROR_STOP=1",
        "-P",
        "pager=off",
        "-XAtc",
        sql,
      ],
      AttachStdout: true,
      AttachStderr: true,
      Tty: true,
    });
  let output = "";
  for await (const chunk of await command.start({ Tty: true })) output += String(chunk);
  const { ExitCode: code } = await command.inspect();
  if (code !== 0) throw new Error(output);
  return output.replaceAll("\r", "").trim();
}
