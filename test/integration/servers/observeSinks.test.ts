import assert from "node:assert/strict";
import { selfSigned } from "#test/integration/selfSigned.ts";
import { listenElasticsearch, listenTcp, listenUdp } from "./logListeners.ts";
import type { Listener } from "./logListeners.ts";
import { post } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { ServerProcess } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

const password = "canary-elastic-5b1d";

/** Each test delivers another logging.json to the running server. */
describe("the sinks of the log", function () {
  this.timeout(120_000);
  let stage: ReadyStage;
  let server: ServerProcess;
  const listeners: Listener[] = [];

  before(async () => {
    stage = await readyStage();
    server = await startServer(stage, { secrets: { elasticsearch: password } });
  });
  afterEach(async () => {
    for (const listener of listeners.splice(0)) await listener.close();
  });
  after(async () => {
    await server?.end();
    await stage?.stop();
  });

  async function deliver(logging: object, spoil: (files: Record<string, string>) => void = () => {}) {
    const before = server.log.length;
    await server.deliver({ overrides: { logging: { logging } }, spoil });
    await server.line("files in force", before);
  }

  /** Makes a line that a secret could be in: a wrong key in a request. */
  async function provoke(): Promise<RegExp> {
    const { headers } = await post(server, "tools/list", {}, { "x-api-key": `kcp_${"c".repeat(32)}` });
    return new RegExp(String(headers.get("x-request-id")));
  }

  function opened<T extends Listener>(listener: T): T {
    listeners.push(listener);
    return listener;
  }

  it("syslog by UDP gets each line in the form of RFC 5424, with facility and severity", async () => {
    const syslog = opened(await listenUdp());
    await deliver({ syslog: { enabled: true, host: "localhost", port: syslog.port, facility: "local3" } });
    const message = await syslog.message(await provoke());
    // local3 is 19, a warning 4.
    assert.match(
      message,
      /^<156>1 \d{4}-\d\d-\d\dT\S+ \S+ kilocode-postgres \d+ - - \{.*"msg":"request refused"/,
    );
  });

  it("syslog by TCP gets a message per line, and none when it is switched off", async () => {
    const syslog = opened(await listenTcp());
    const on = { enabled: true, host: "localhost", port: syslog.port, protocol: "tcp", facility: "auth" };
    await deliver({ syslog: on });
    assert.match(await syslog.message(await provoke()), /^<36>1 /);
    await deliver({ syslog: { ...on, enabled: false } });
    const marker = await provoke();
    await server.line("request refused", server.log.length - 1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.ok(!syslog.received.some((message) => marker.test(message)));
  });

  it("logstash gets JSON lines that name the index, by TLS from whom the bundle trusts", async () => {
    const pair = selfSigned();
    const logstash = opened(await listenTcp(pair));
    const settings = (caCert: string) => ({
      logstash: {
        enabled: true,
        host: "localhost",
        port: logstash.port,
        index: "ours",
        ssl: { enabled: true, caCert },
      },
    });
    const trust = (files: Record<string, string>) => void (files["ssl/logstash.crt"] = pair.certificate);
    await deliver(settings("/etc/ssl/kilocode/logstash.crt"), trust);
    const event = JSON.parse(await logstash.message(await provoke())) as Record<string, unknown>;
    assert.deepEqual(
      [event["index"], event["@version"], event["@timestamp"], event["level"], event["server"]],
      ["ours", "1", event["time"], "warn", "postgres"],
    );
    // Without that bundle nothing is sent, and the server goes on.
    const other = selfSigned();
    await deliver(
      settings("/etc/ssl/kilocode/other.crt"),
      (files) => void (files["ssl/other.crt"] = other.certificate),
    );
    const marker = await provoke();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.ok(!logstash.received.some((message) => marker.test(message)));
  });

  it("logstash without TLS gets lines that waited for it", async () => {
    const first = await listenTcp();
    await first.close();
    await deliver({ logstash: { enabled: true, host: "localhost", port: first.port, index: "ours" } });
    const marker = await provoke();
    const logstash = opened(await listenTcp(undefined, first.port));
    assert.match(await logstash.message(marker), /"index":"ours"/);
  });

  it("elasticsearch gets documents in bulk, with the login and into the index", async () => {
    const login = `Basic ${Buffer.from(`writer:${password}`).toString("base64")}`;
    const elasticsearch = opened(await listenElasticsearch(login));
    await deliver({
      elasticsearch: {
        enabled: true,
        hosts: [`localhost:${elasticsearch.port}`],
        index: "our-logs",
        auth: { username: "writer" },
      },
    });
    const document = JSON.parse(await elasticsearch.message(await provoke())) as Record<string, unknown>;
    assert.equal(document["msg"], "request refused");
    assert.ok(Date.parse(String(document["@timestamp"])) > 0);
    assert.deepEqual([...elasticsearch.indexes], ["our-logs"]);
  });

  it("get no secret: neither keys of callers nor passwords of ours", async () => {
    const [syslog, logstash] = [opened(await listenTcp()), opened(await listenTcp())];
    await deliver({
      level: "TRACE",
      syslog: { enabled: true, host: "localhost", port: syslog.port, protocol: "tcp" },
      logstash: { enabled: true, host: "localhost", port: logstash.port },
    });
    await post(server, "tools/list", {}, { "x-api-key": stage.keys.default });
    const marker = await provoke();
    const all = `${await syslog.message(marker)}${await logstash.message(marker)}${syslog.received.join()}${logstash.received.join()}`;
    for (const secret of [stage.keys.default, "c".repeat(32), password, ...Object.values(stage.passwords)]) {
      assert.ok(!all.includes(secret));
    }
  });

  it("are refused, and those in force stay, where the password or the bundle is not there", async () => {
    const before = server.log.length;
    await server.deliver({
      overrides: { logging: { logging: { elasticsearch: { enabled: true, hosts: ["localhost:1"] } } } },
      spoil: (files) => void delete files["secrets/elasticsearch"],
    });
    const line = await server.line("new files refused; the ones in force stay", before);
    assert.match(String(line["problem"]), /secrets\/elasticsearch: the secret cannot be read/);
    await deliver({});
  });
});
