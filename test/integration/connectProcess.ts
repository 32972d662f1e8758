import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { materialFiles, writeMaterial, type MaterialFiles, type StackAccess } from "#connect/material.ts";

export const bridgeProgram = fileURLToPath(new URL("../../connect/main.mjs", import.meta.url));
/** The official client, connected to a server through the bridge as a process of its own. */
export interface Connected {
  readonly client: Client;
  readonly pid: number;
  /** What the bridge wrote for people. */
  stderr(): string;
  readonly close: () => Promise<void>;
}

/** A user's configuration folder with what `connect` writes into it. */
export interface Home {
  readonly folder: string;
  readonly files: MaterialFiles;
  write(access: Partial<StackAccess>): void;
  /**
   * @param node the program that runs the bridge; default this process's
   * @param server default postgres
   */
  connect(era: "auto" | "legacy", node?: string, server?: string): Promise<Connected>;
  remove(): void;
}

export function makeHome(access: StackAccess): Home {
  const folder = mkdtempSync(join(tmpdir(), "kilocode-home-"));
  const env = { XDG_CONFIG_HOME: folder };
  const files = materialFiles("test", env);
  let written = access;
  writeMaterial(files, access);
  return {
    folder,
    files,
    write: (change) => writeMaterial(files, (written = { ...written, ...change })),
    async connect(era, node = process.execPath, server = "postgres") {
      const transport = new StdioClientTransport({
        command: node,
        args: [bridgeProgram, "--stack", "test", "--client", "default", "--server", server],
        env,
        stderr: "pipe",
      });
      let errors = "";
      transport.stderr?.on("data", (chunk: Buffer) => (errors += chunk.toString()));
      const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode: era } });
      await client.connect(transport);
      return {
        client,
        pid: transport.pid!,
        stderr: () => errors,
        close: () => client.close(),
      };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
