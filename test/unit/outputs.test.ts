import assert from "node:assert/strict";
import { clientEntries, fileHashes, keysOf, urlOfDatabase } from "#model/outputs.ts";

describe("outputs", () => {
  const mcpFile = JSON.stringify({
    mcpServers: { postgres: { alwaysAllow: ["get_tables"], timeout: 5000 } },
  });

  it("give each client its servers, with what the stack lets it call without asking", () => {
    const clients = { a: { servers: ["postgres", "memory"] as const }, b: { servers: [] } };
    assert.deepEqual(clientEntries(clients, { postgres: "https://h/mcp" }, mcpFile), {
      a: {
        postgres: {
          type: "streamable-http",
          url: "https://h/mcp",
          alwaysAllow: ["get_tables"],
          timeout: 5000,
        },
      },
      b: {},
    });
  });

  it("hold a connection string that a client can parse, whatever the password", () => {
    const url = new URL(urlOfDatabase({ user: "app_user_1", password: "a/b:c@d%", host: "h", port: 1 }));
    assert.equal(decodeURIComponent(url.password), "a/b:c@d%");
    assert.equal(url.searchParams.get("sslmode"), "verify-full");
  });

  it("hold the stack's own clients' keys only", () => {
    assert.deepEqual(keysOf({ a: {} }, { a: "1", "kilocode-gate": "2" }), { a: "1" });
  });

  it("name each file once, with its hash", () => {
    assert.deepEqual(fileHashes({ "mcp/a.json": "" }), {
      "a.json": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    });
  });
});
