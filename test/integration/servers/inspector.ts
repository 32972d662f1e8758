import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { ServerProcess } from "./serverProcess.ts";

/** Runs the Inspector's command line with the server's certificate as trusted. Rejects if it ends with an error. */
export async function inspect(server: ServerProcess, args: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "inspector-"));
  try {
    const ca = join(folder, "ca.crt");
    writeFileSync(ca, server.ca());
    const packageFile = createRequire(import.meta.url).resolve(
      "@modelcontextprotocol/inspector/package.json",
    );
    const { bin } = createRequire(import.meta.url)(packageFile) as { bin: Record<string, string> };
    const program = join(dirname(packageFile), Object.values(bin)[0]!);
    const command = [program, "--cli", server.url, "--transport", "http", "--format", "json", ...args];
    const { stdout } = await promisify(execFile)(process.execPath, command, {
      env: { PATH: process.env["PATH"], HOME: folder, NODE_EXTRA_CA_CERTS: ca },
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}
