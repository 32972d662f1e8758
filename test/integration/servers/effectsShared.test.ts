import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import type { ConnectionOptions } from "node:tls";
import { selfSigned } from "#test/integration/selfSigned.ts";
import { editFiles } from "./editFiles.ts";
import { handshake } from "./handshake.ts";
import { connectClient, post, request } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { ServerProcess } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

// Each test delivers other files to the running server: what it shows takes effect live.
describe("keys of ssl.json, access.json and logging.json in a running server", function () {
  this.timeout(180_000);
  let stage: ReadyStage;
  let server: ServerProcess;

  before(async () => {
    stage = await readyStage();
    server = await startServer(stage);
  });
  after(async () => {
    await server?.end();
    await stage?.stop();
  });

  async function deliver(
    changes: Parameters<typeof editFiles>[0],
    more: (files: Record<string, string>) => void = () => {},
  ): Promise<void> {
    const before = server.log.length;
    const edit = editFiles(changes);
    await server.deliver({
      spoil: (files) => {
        edit(files);
        more(files);
      },
    });
    await server.line("files in force", before);
  }
  const open = (options: ConnectionOptions = {}) => handshake(server, options);
  const statusWith = async (headers: Record<string, string>) =>
    (await post(server, "tools/list", {}, headers)).status;

  describe("ssl.json", () => {
    it("ssl.protocol is the oldest version that is accepted", async () => {
      await deliver({ ssl: { "/ssl/protocol": "TLSv1.3" } });
      await assert.rejects(open({ maxVersion: "TLSv1.2" }));
      (await open({ minVersion: "TLSv1.3" })).destroy();
      await deliver({ ssl: { "/ssl/protocol": "TLSv1.2" } });
      (await open({ maxVersion: "TLSv1.2" })).destroy();
    });

    it("ssl.cipherSuites are those that are accepted", async () => {
      await deliver({
        ssl: { "/ssl/cipherSuites": ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"] },
      });
      const suite = (ciphers: string) => open({ ciphers, maxVersion: "TLSv1.2" });
      await assert.rejects(suite("ECDHE-ECDSA-AES256-GCM-SHA384"));
      const socket = await suite("ECDHE-ECDSA-AES128-GCM-SHA256");
      assert.equal(socket.getCipher().name, "ECDHE-ECDSA-AES128-GCM-SHA256");
      socket.destroy();
    });

    it("ssl.sessionTimeout ends the resumption of a session", async () => {
      const resumed = async (seconds: number) => {
        await deliver({ ssl: { "/ssl/sessionTimeout": seconds } });
        const first = await open({ maxVersion: "TLSv1.2" });
        const session = first.getSession();
        assert.ok(session);
        first.destroy();
        await new Promise((resolve) => setTimeout(resolve, 2500));
        const second = await open({ maxVersion: "TLSv1.2", session });
        const reused = second.isSessionReused();
        second.destroy();
        return reused;
      };
      assert.equal(await resumed(60), true);
      assert.equal(await resumed(1), false);
    });

    it("ssl.certPath and ssl.keyPath name the pair that is shown", async () => {
      const other = selfSigned();
      await deliver(
        {
          ssl: {
            "/ssl/certPath": "/etc/ssl/kilocode/other.crt",
            "/ssl/keyPath": "/etc/ssl/kilocode/other.key",
          },
        },
        (files) => {
          files["ssl/other.crt"] = other.certificate;
          files["ssl/other.key"] = other.privateKey;
        },
      );
      const socket = await open({ ca: other.certificate });
      assert.equal(
        socket.getPeerCertificate().fingerprint256,
        new X509Certificate(other.certificate).fingerprint256,
      );
      socket.destroy();
    });

    it("ssl.certValidation: a pair that does not fit is refused", async () => {
      const before = server.log.length;
      await server.deliver({ spoil: (files) => void (files["ssl/mcp.key"] = selfSigned().privateKey) });
      const line = await server.line("new files refused; the ones in force stay", before);
      assert.match(String(line["problem"]), /mcp\.key: does not belong to the certificate/);
      await deliver({});
    });

    it("ssl.enableHSTS, hstsMaxAge, hstsIncludeSubDomains and hstsPreload make the header", async () => {
      const header = async (keys: Record<string, unknown>) => {
        await deliver({ ssl: keys });
        return (await request(server, {}, "/health")).headers.get("strict-transport-security");
      };
      assert.equal(await header({ "/ssl/enableHSTS": false }), null);
      const on = { "/ssl/enableHSTS": true, "/ssl/hstsMaxAge": 77 };
      assert.equal(await header(on), "max-age=77");
      assert.equal(
        await header({ ...on, "/ssl/hstsIncludeSubDomains": true, "/ssl/hstsPreload": true }),
        "max-age=77; includeSubDomains; preload",
      );
    });
  });

  describe("access.json", () => {
    it("authentication.apiKey.enabled says whether keys are taken", async () => {
      const key = { "x-api-key": stage.keys.default };
      await deliver({ access: { "/access/authentication/apiKey/enabled": false } });
      assert.equal(await statusWith(key), 401);
      await deliver({});
      assert.equal(await statusWith(key), 200);
    });

    it("authentication.apiKey.header names the header", async () => {
      await deliver({ access: { "/access/authentication/apiKey/header": "X-Other-Key" } });
      assert.equal(await statusWith({ "x-other-key": stage.keys.default }), 200);
      assert.equal(await statusWith({ "x-api-key": stage.keys.default }), 401);
    });

    it("authorization.roles gives each role its permissions", async () => {
      for (const role of ["admin", "user", "readonly", "service"]) {
        await stage.asSuperuser((session) =>
          session.query("UPDATE mcp.users SET role = $1 WHERE username = 'nothing'", [role]),
        );
        await new Promise((resolve) => setTimeout(resolve, 1100));
        const toolsWith = async (permissions: string[]) => {
          await deliver({ access: { [`/access/authorization/roles/${role}/permissions`]: permissions } });
          return toolCount(server, stage.keys.nothing);
        };
        const [writing, reading] = [await toolsWith(["write"]), await toolsWith(["read"])];
        assert.ok(writing > 0 && reading > writing, `${writing} and ${reading}`);
        assert.equal(await toolsWith(["write", "read"]), writing + reading);
        assert.equal(await toolsWith(["*"]), writing + reading);
        assert.equal(await toolsWith([]), 0);
      }
    });

    it("authentication.apiKey.prefix and length are the form of a key", async () => {
      const key = { "x-api-key": stage.keys.default };
      await deliver({ access: { "/access/authentication/apiKey/prefix": "other_" } });
      assert.equal(await statusWith(key), 401);
      await deliver({ access: { "/access/authentication/apiKey/length": 40 } });
      assert.equal(await statusWith(key), 401);
      await deliver({});
      assert.equal(await statusWith(key), 200);
    });
  });

  describe("logging.json", () => {
    const logged = async (logging: Record<string, unknown>) => {
      await server.deliver({ spoil: editFiles({ logging }) });
      await new Promise((resolve) => setTimeout(resolve, 1200));
      const before = server.log.length;
      await statusWith({});
      await new Promise((resolve) => setTimeout(resolve, 100));
      return server.log.slice(before);
    };

    it("logging.enabled holds for every server", async () => {
      assert.deepEqual(await logged({ "/logging/enabled": false }), []);
      assert.equal((await logged({}))[0]?.msg, "request refused");
    });

    it("logging.fields stand in every line", async () => {
      const [line] = await logged({
        "/logging/fields/service": "ours",
        "/logging/fields/environment": "staging",
        "/logging/fields/version": "9.9.9",
      });
      assert.deepEqual(
        [line?.["service"], line?.["environment"], line?.["version"]],
        ["ours", "staging", "9.9.9"],
      );
    });
  });
});

async function toolCount(server: ServerProcess, key: string): Promise<number> {
  const { client, close } = await connectClient(server, key);
  const { tools } = await client.listTools();
  await close();
  return tools.length;
}
