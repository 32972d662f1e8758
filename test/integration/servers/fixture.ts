import { fileURLToPath } from "node:url";
import { post } from "./request.ts";
import type { Answer } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { ServerProcess, StartOptions } from "./serverProcess.ts";
import type { ReadyStage } from "./stage.ts";

const program = fileURLToPath(new URL("fixtureServer.ts", import.meta.url));

/** A server of the runtime with the tools of `fixtureServer.ts`. */
export function startFixture(stage: ReadyStage, options: StartOptions = {}): Promise<ServerProcess> {
  return startServer(stage, { ...options, program });
}

/** A call as an old client makes it. */
export function callFixture(
  server: ServerProcess,
  key: string,
  name: string,
  args: object = {},
  headers: Record<string, string> = {},
): Promise<Answer> {
  return post(server, "tools/call", { name, arguments: args }, { "x-api-key": key, ...headers });
}
