/**
 * `node servers/main.ts <server> [files] [state]` runs one MCP server until SIGTERM or SIGINT. `files` is where
 * its configuration is mounted, default /etc/kilocode; `state` is what it keeps, default /var/lib/kilocode. Exit
 * codes: 0 ended as asked, 2 wrong usage, 78 files that the server will not work with, 1 anything else.
 */
import { readFile } from "node:fs/promises";
import { paths } from "#model/names.ts";
import { FileRefused } from "./runtime/fileRefused.ts";
import { describeError } from "./runtime/log.ts";
import { runServer, type RunOptions } from "./runtime/runServer.ts";

/** Each loads what it needs itself: one process runs one server. */
const servers = {
  filesystem: async (options: RunOptions) =>
    runServer((await import("./filesystem/filesystemServer.ts")).filesystemServer, options),
  postgres: async (options: RunOptions) =>
    runServer((await import("./postgres/postgresServer.ts")).postgresServer, options),
  memory: async (options: RunOptions) =>
    runServer((await import("./memory/memoryServer.ts")).memoryServer, options),
  compliance: async (options: RunOptions) =>
    runServer((await import("./compliance/complianceServer.ts")).complianceServer, options),
};

const [name, files = paths.files, state = paths.state] = process.argv.slice(2);
if (name === undefined || !Object.hasOwn(servers, name)) {
  process.stderr.write(`usage: main.ts <${Object.keys(servers).join("|")}> [files] [state]\n`);
  process.exit(2);
}

// What nobody caught: its message may quote anything, so the line has kind and place only.
process.on("uncaughtException", (error) => {
  fatal({ ...describeError(error), at: error.stack?.split("\n").filter((line) => /^ {4}at /.test(line)) });
  process.exit(1);
});

// From the first moment on: a process that is number 1 of its container does not even see a signal that it does not
// handle. One that comes during the start ends the server when it runs.
const asked = new Promise<void>((resolve) => {
  process.once("SIGTERM", resolve);
  process.once("SIGINT", resolve);
});

try {
  const manifest = await readFile(new URL("../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  const running = await servers[name as keyof typeof servers]({ files, state, version });
  await asked;
  await running.stop();
  process.exit(0);
} catch (error) {
  const refused = error instanceof FileRefused;
  fatal(refused ? { msg: error.message } : { ...describeError(error), msg: "failed to start" });
  process.exit(refused ? 78 : 1);
}

/** One line in the form of the log, which may not exist yet. */
function fatal(event: Record<string, unknown>): void {
  const line = {
    level: "fatal",
    time: new Date().toISOString(),
    server: name,
    msg: "unexpected failure",
    ...event,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
