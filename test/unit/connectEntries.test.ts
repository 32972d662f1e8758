import assert from "node:assert/strict";
import {
  bridgeCommand,
  clientFile,
  inSeconds,
  remoteClientFile,
  type EntryRequest,
} from "#model/client/entries.ts";
import { readingTools } from "#model/client/readingTools.ts";
import { serverNames } from "#model/names.ts";

const request: EntryRequest = {
  project: "kilocode-mcp",
  stack: "dev",
  client: "default",
  servers: {
    postgres: { url: "https://127.0.0.1:13001/mcp" },
    memory: { url: "https://127.0.0.1:13002/mcp", alwaysAllow: ["store_memory"], timeout: 1_500 },
  },
  paths: { node: "/node", bridge: "/checkout/connect/main.mjs" },
};
const args = (server: string) => [
  "/checkout/connect/main.mjs",
  "--stack",
  "dev",
  "--client",
  "default",
  "--server",
  server,
];

describe("entries for client programs", () => {
  it("run the bridge, in Kilo's current form, with milliseconds and permissions", () => {
    assert.deepEqual(clientFile("kilo", request), {
      under: "mcp",
      entries: {
        postgres: { type: "local", command: ["/node", ...args("postgres")], enabled: true, timeout: 30_000 },
        memory: { type: "local", command: ["/node", ...args("memory")], enabled: true, timeout: 1_500 },
      },
      permission: {
        "postgres_*": "ask",
        ...Object.fromEntries(readingTools.postgres.map((tool) => [`postgres_${tool}`, "allow"])),
        "memory_*": "ask",
        memory_store_memory: "allow",
      },
    });
  });

  it("run the bridge, in Kilo's older form, with seconds and alwaysAllow", () => {
    assert.deepEqual(clientFile("kilo-legacy", request), {
      under: "mcpServers",
      entries: {
        postgres: {
          command: "/node",
          args: args("postgres"),
          alwaysAllow: readingTools.postgres,
          disabled: false,
          timeout: 30,
        },
        memory: {
          command: "/node",
          args: args("memory"),
          alwaysAllow: ["store_memory"],
          disabled: false,
          timeout: 2,
        },
      },
    });
  });

  it("run the bridge, in the specification's form, without a time in a unit that readers disagree about", () => {
    const { under, entries } = clientFile("json", request);
    assert.equal(under, "mcpServers");
    assert.deepEqual(entries["postgres"], {
      command: "/node",
      args: args("postgres"),
      description: "The postgres server of kilocode-mcp, stack dev",
      alwaysAllow: readingTools.postgres,
    });
  });

  it("refer to the key's file in the remote form, and never hold a secret", () => {
    const { paths: _, ...rest } = request;
    const { entries } = remoteClientFile({ ...rest, keyFile: "/home/me/default.key" });
    assert.deepEqual(entries["memory"], {
      type: "remote",
      url: "https://127.0.0.1:13002/mcp",
      headers: { "X-API-Key": "{file:/home/me/default.key}" },
      oauth: false,
      enabled: true,
      timeout: 1_500,
    });
  });

  it("stand side by side for two stacks under a prefix; the server's own name stays in the command", () => {
    const { entries, permission } = clientFile("kilo", { ...request, stack: "prod", prefix: "prod-" });
    assert.deepEqual(Object.keys(entries), ["prod-postgres", "prod-memory"]);
    assert.deepEqual(Object.keys(permission!)[0], "prod-postgres_*");
    assert.deepEqual(
      (entries["prod-postgres"] as { command: string[] }).command.slice(1),
      bridgeCommand({ ...request, stack: "prod" }, "postgres").slice(1),
    );
  });

  it("pass on environment that the bridge needs, in each form under its own name", () => {
    const environment = { XDG_CONFIG_HOME: "/elsewhere" };
    const entry = (form: "kilo" | "kilo-legacy" | "json") =>
      clientFile(form, { ...request, environment }).entries["postgres"] as Record<string, unknown>;
    assert.deepEqual(entry("kilo")["environment"], environment);
    assert.deepEqual(entry("kilo-legacy")["env"], environment);
    assert.deepEqual(entry("json")["env"], environment);
  });

  it("have whole seconds from 1 to 3600", () => {
    assert.deepEqual([1, 999, 1_000, 1_001, 30_000, 86_400_000].map(inSeconds), [1, 1, 1, 2, 30, 3600]);
  });

  it("let no tool through unasked that writes", () => {
    assert.deepEqual(Object.keys(readingTools).sort(), [...serverNames].sort());
    const writing = /^(write|edit|create|move|delete|store|apply|approve|rollback|propose|run|generate)_/;
    for (const tools of Object.values(readingTools)) {
      for (const tool of tools) assert.doesNotMatch(tool, writing);
    }
  });
});
