import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Client } from "@modelcontextprotocol/client";
import { SMTPServer } from "smtp-server";
import { serverNames } from "#model/names.ts";
import { selfSigned } from "#test/integration/selfSigned.ts";
import { quiet, reported, reportedAnew, writeFacts, writeReport } from "./complianceStage.ts";
import { editFiles } from "./editFiles.ts";
import { callTool, connectClient } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { ServerProcess } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

const hook = "planted-hook-4711";
const password = "planted-mail-4711";

/** Takes alerts as Slack does; refuses the first of each that `failures` asks for. */
interface Receiver {
  readonly server: Server;
  readonly texts: string[];
  failures: number;
  requests: number;
}

async function receive(): Promise<Receiver> {
  const receiver: Receiver = { server: createServer(), texts: [], failures: 0, requests: 0 };
  receiver.server.on("request", (request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      receiver.requests += 1;
      const refused = receiver.failures > 0;
      if (refused) receiver.failures -= 1;
      else receiver.texts.push((JSON.parse(body) as { text: string }).text);
      response.writeHead(refused ? 500 : 200).end();
    });
  });
  receiver.server.listen(0, "127.0.0.1");
  await once(receiver.server, "listening");
  return receiver;
}

interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

describe("schedule and alerts of the compliance server", function () {
  this.timeout(240_000);
  let stage: ReadyStage;
  let server: ServerProcess;
  let client: Client;
  let close: () => Promise<void>;
  let slack: Receiver;
  let mail: SMTPServer;
  let mailPort: number;
  const mails: Mail[] = [];
  const pair = selfSigned("mail");

  before(async () => {
    stage = await readyStage();
    slack = await receive();
    mail = new SMTPServer({
      secure: true,
      key: pair.privateKey,
      cert: pair.certificate,
      onAuth: ({ username, password: given }, _session, answer) =>
        username === "alerts" && given === password
          ? answer(null, { user: "alerts" })
          : answer(new Error("no")),
      onData(stream, { envelope }, answer) {
        let text = "";
        stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
        stream.on("end", () => {
          const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
          mails.push({ from, to: envelope.rcptTo.map(({ address }) => address), text });
          answer();
        });
      },
    });
    mail.on("error", () => {});
    mail.listen(0, "127.0.0.1");
    await once(mail.server, "listening");
    mailPort = (mail.server.address() as AddressInfo).port;
    await sql("SELECT FROM mcp.run_maintenance(true)");
    await writeFacts(stage);
    // A run two minutes ago.
    await sql(`INSERT INTO mcp.compliance_logs (check_id, rule_id, rule_name, server_name, status, created_at)
               VALUES ('earlier', 'earlier', 'Earlier', 'database', 'passed', now() - interval '2 minutes')`);
    server = await startServer(stage, { server: "compliance", settings: { metrics: quiet } });
    await reported(stage, "compliance");
    for (const name of serverNames) await writeReport(stage, name);
    ({ client, close } = await connectClient(server, stage.keys.default));
  });
  after(async () => {
    await close?.();
    await server?.end();
    slack?.server.close();
    mail?.close();
    await stage?.stop();
  });

  const sql = async (text: string) =>
    (await stage.asSuperuser((session) => session.query<Record<string, unknown>>(text))).rows;
  const lines = (message: string, since: number) =>
    server.log.slice(since).filter(({ msg }) => msg === message);
  async function deliver(
    keys: Record<string, unknown>,
    secrets: Record<string, string> = {},
  ): Promise<number> {
    const since = server.log.length;
    await reportedAnew(stage, "compliance", () =>
      server.deliver({
        spoil: (files) => {
          editFiles({ compliance: keys })(files);
          files["ssl/ca.crt"] += pair.certificate;
          for (const [name, text] of Object.entries(secrets)) files[`secrets/${name}`] = text;
        },
      }),
    );
    return since;
  }
  async function run(): Promise<void> {
    const { failed, text } = await callTool(client, "run_checks", {});
    assert.equal(failed, false, text);
  }
  const breakRules = (count: number) =>
    sql(
      [
        "CREATE ROLE guest_one LOGIN",
        "GRANT UPDATE ON mcp.memory_items TO mcp_reader",
        "UPDATE mcp.maintenance_settings SET retention_days = 7 WHERE table_name = 'audit_logs'",
      ][count - 1]!,
    );
  const channels = (name: string, threshold: number) => ({
    "/compliance/notificationChannels": [name],
    "/compliance/alertThreshold": threshold,
  });
  const slackSecret = () => ({
    slack: `http://127.0.0.1:${(slack.server.address() as AddressInfo).port}/${hook}`,
  });
  const mailSecret = (given: string) => ({
    smtp: `smtps://alerts:${given}@localhost:${mailPort}?from=mcp@example.com&to=one@example.com,two@example.com`,
  });

  it("compliance.checkInterval is the time from one run to the next", async () => {
    await new Promise((resolve) => setTimeout(resolve, 4000));
    assert.deepEqual(lines("scheduled run", 0), []);
    const since = await deliver({ "/compliance/checkInterval": 60 });
    await server.line("scheduled run", since);
    const [row] = await sql(
      "SELECT count(DISTINCT check_id)::int AS runs, max(user_id) AS client FROM mcp.compliance_logs",
    );
    assert.deepEqual(row, { runs: 2, client: null });
  });

  it("compliance.autoFix lets the scheduled run propose, and nothing more", async () => {
    await breakRules(3);
    const age = () => sql("UPDATE mcp.compliance_logs SET created_at = created_at - interval '2 hours'");
    await age();
    await server.line("scheduled run", await deliver({ "/compliance/autoFix": false }));
    assert.deepEqual(await sql("SELECT FROM mcp.compliance_fixes"), []);
    await age();
    await server.line("fixes proposed", await deliver({ "/compliance/autoFix": true }));
    assert.deepEqual(await sql("SELECT proposed_by, status, approved_by FROM mcp.compliance_fixes"), [
      { proposed_by: "scheduled run", status: "proposed", approved_by: null },
    ]);
    const days =
      "SELECT retention_days AS days FROM mcp.maintenance_settings WHERE table_name = 'audit_logs'";
    assert.deepEqual(await sql(days), [{ days: 7 }]);
    const { text } = await callTool(client, "apply_fix", { fix: 1 });
    assert.match(text, /not approved/);
    assert.deepEqual(await sql(days), [{ days: 7 }]);
    await sql("UPDATE mcp.maintenance_settings SET retention_days = 90 WHERE table_name = 'audit_logs'");
  });

  it("compliance.alertThreshold is the number of failed rules from which channels are told, once for each set", async () => {
    const since = await deliver(channels("slack", 2), slackSecret());
    await breakRules(1);
    await run();
    await breakRules(2);
    slack.failures = 1;
    await run();
    await server.line("alert sent", since);
    assert.equal(slack.requests, 2, `the first attempt failed and was made again: ${slack.texts.join()}`);
    assert.match(slack.texts[0]!, /2 compliance rules fail/);
    assert.match(slack.texts[0]!, /\[high\] access-unknown-logins \(database\): .*guest_one/);
    await run();
    await run();
    // Nor after a restart of what sends.
    await deliver(channels("slack", 2), slackSecret());
    await run();
    const before = server.log.length;
    await breakRules(3);
    await run();
    await server.line("alert sent", before);
    assert.equal(slack.texts.length, 2);
    assert.match(slack.texts[1]!, /3 compliance rules fail.*database-retention/s);
    // A part of the rules alerts nobody.
    await callTool(client, "run_checks", { rules: ["access-unknown-logins"] });
    assert.equal(slack.requests, 3);
  });

  it("compliance.notificationChannels: email is sent by SMTP with TLS and the login of the secret", async () => {
    const since = await deliver(channels("email", 1), mailSecret(password));
    await run();
    await server.line("alert sent", since);
    assert.equal(mails.length, 1);
    assert.deepEqual(
      [mails[0]!.from, mails[0]!.to],
      ["mcp@example.com", ["one@example.com", "two@example.com"]],
    );
    assert.match(mails[0]!.text, /Subject: kilocode-mcp .*3 compliance rules fail/);
  });

  it("a channel that refuses is asked three times, and again with the next run", async () => {
    await sql("CREATE ROLE guest_two SUPERUSER");
    const since = await deliver(channels("email", 1), mailSecret("wrong-4711"));
    await run();
    while (lines("alert not sent", since).length < 3) await server.line("alert not sent");
    await new Promise((resolve) => setTimeout(resolve, 3500));
    assert.deepEqual(
      lines("alert not sent", since).map(({ attempt, code }) => [attempt, code]),
      [1, 2, 3].map((attempt) => [attempt, "EAUTH"]),
    );
    const again = await deliver(channels("email", 1), mailSecret(password));
    await run();
    await server.line("alert sent", again);
    assert.equal(mails.length, 2);
  });

  it("a secret of another form is refused in words that do not quote it, and the files in force stay", async () => {
    for (const [secrets, told] of [
      [{ slack: `ftp://example.com/${hook}` }, /secrets\/slack: is not of the form https/],
      [{ slack: `http://example.com/${hook}` }, /secrets\/slack: is not of the form https/],
      [
        { smtp: `smtps://alerts:${password}@localhost?from=nobody` },
        /secrets\/smtp: is not of the form smtps/,
      ],
      [{}, /secrets\/smtp: the secret cannot be read/],
    ] as const) {
      const since = server.log.length;
      const name = "slack" in secrets ? "slack" : "email";
      await server.deliver({
        spoil: (files) => {
          editFiles({ compliance: channels(name, 1) })(files);
          for (const [key, text] of Object.entries(secrets)) files[`secrets/${key}`] = text;
        },
      });
      const { problem } = await server.line("new files refused; the ones in force stay", since);
      assert.match(String(problem), told);
    }
  });

  it("no secret of a channel is in the log or in an answer", async () => {
    const { text } = await callTool(client, "get_results", {});
    for (const secret of [hook, password, "wrong-4711"]) {
      assert.ok(!server.output().includes(secret), secret);
      assert.ok(!text.includes(secret), secret);
    }
  });
});
