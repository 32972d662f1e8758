import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "@modelcontextprotocol/client";
import { serverNames } from "#model/names.ts";
import { withSession } from "#providers/database/connect.ts";
import { quiet, reported, writeFacts, writeReport } from "./complianceStage.ts";
import { editFiles } from "./editFiles.ts";
import { callTool, connectClient } from "./request.ts";
import { startServer } from "./serverProcess.ts";
import type { ServerProcess } from "./serverProcess.ts";
import { readyStage } from "./stage.ts";
import type { ReadyStage } from "./stage.ts";

interface Listed {
  readonly rules: readonly { id: string; origin: string }[];
  readonly ruleFaults: readonly { file: string; line: number | null; pointer: string; problem: string }[];
}

function rule(id: string, check: string): string {
  return `  - id: ${id}
    name: What ${id} says | holds <b>
    severity: high
    check: ${check}
    message: It does not.
    remediation: { text: Mend it. }
    reference: { source: Ours, section: "1", title: First }
`;
}

describe("folders of the compliance server", function () {
  this.timeout(240_000);
  let stage: ReadyStage;
  let server: ServerProcess;
  let client: Client;
  let close: () => Promise<void>;
  let folder: string;

  before(async () => {
    stage = await readyStage();
    await writeFacts(stage);
    server = await startServer(stage, { server: "compliance", settings: { metrics: quiet } });
    await reported(stage, "compliance");
    for (const name of serverNames) await writeReport(stage, name);
    ({ client, close } = await connectClient(server, stage.keys.default));
    folder = join(server.state, "rules");
    await mkdir(folder, { recursive: true });
  });
  after(async () => {
    await close?.();
    await server?.end();
    await stage?.stop();
  });

  const call = (name: string, args: Record<string, unknown> = {}) => callTool(client, name, args);
  const listed = async () => (await call("list_rules")).structured as unknown as Listed;
  async function deliver(keys: Record<string, unknown>): Promise<void> {
    const since = server.log.length;
    await server.deliver({ spoil: editFiles({ compliance: keys }) });
    await server.line("files in force", since);
  }

  it("compliance.rulesPath is the folder whose rules are in force", async () => {
    const text = `rules:\n${rule("ours-tls", "{ kind: setting, name: ssl, expect: { operator: equals, value: on } }")}`;
    await writeFile(join(folder, "ours.yaml"), text);
    assert.ok((await listed()).rules.some(({ id, origin }) => id === "ours-tls" && origin === "folder"));
    const { structured } = await call("run_checks", { rules: ["ours-tls"] });
    assert.deepEqual(structured["counts"], { passed: 1, failed: 0, warning: 0, error: 0 });
    const other = await mkdtemp(join(tmpdir(), "rules-"));
    await writeFile(join(other, "other.yml"), text.replace("ours-tls", "other-tls"));
    await deliver({ "/compliance/rulesPath": other });
    const ids = (await listed()).rules.map(({ id }) => id);
    assert.deepEqual([ids.includes("other-tls"), ids.includes("ours-tls")], [true, false]);
    await deliver({});
    await rm(other, { recursive: true });
  });

  it("a file that is wrong is told with file, line and pointer; the others stay in force", async () => {
    await writeFile(
      join(folder, "wrong.yaml"),
      `rules:\n${rule("wrong-one", "{ kind: query, query: drop-everything }")}`,
    );
    await symlink("/etc/passwd", join(folder, "link.yaml"));
    const { rules, ruleFaults } = await listed();
    assert.ok(rules.some(({ id }) => id === "ours-tls"));
    assert.ok(!rules.some(({ id }) => id === "wrong-one"));
    const [link, wrong] = ruleFaults;
    assert.deepEqual([link!.file, link!.problem], ["link.yaml", "is a symbolic link, which is not followed"]);
    assert.deepEqual([wrong!.file, wrong!.line, wrong!.pointer], ["wrong.yaml", 5, "/rules/0/check/query"]);
    assert.match(wrong!.problem, /one of surplus-grants, /);
    const logged = server.log.filter(({ msg }) => msg === "a file of rules is not in force");
    assert.ok(logged.some(({ file }) => file === "wrong.yaml"));
    await rm(join(folder, "wrong.yaml"));
    await rm(join(folder, "link.yaml"));
    assert.deepEqual((await listed()).ruleFaults, []);
  });

  it("a rule of the folder cannot take the place of a shipped one", async () => {
    const text = `rules:\n${rule("tls-database-on", "{ kind: setting, name: ssl, expect: { operator: equals, value: off } }")}`;
    await writeFile(join(folder, "same.yaml"), text);
    const { rules, ruleFaults } = await listed();
    assert.match(ruleFaults[0]!.problem, /tls-database-on is the id of a rule in tls\.yaml/);
    assert.equal(rules.filter(({ id }) => id === "tls-database-on").length, 1);
    await rm(join(folder, "same.yaml"));
  });

  it("a setting that PostgreSQL does not show is an error, and no text of a rule becomes SQL", async () => {
    await writeFile(
      join(folder, "hidden.yaml"),
      `rules:\n${rule("ours-hidden", "{ kind: setting, name: shared_preload_libraries, expect: { operator: equals, value: x } }")}`,
    );
    const { structured } = await call("run_checks", { rules: ["ours-hidden"] });
    assert.match(JSON.stringify(structured["results"]), /"error".*shows this login no setting/);
    await rm(join(folder, "hidden.yaml"));
  });

  it("compliance.maxConcurrentChecks is the most checks at once, and compliance.checkTimeout ends each", async () => {
    const ids = Array.from({ length: 6 }, (_, index) => `ours-slow-${index}`);
    const text = ids.map((id) => rule(id, "{ kind: query, query: maintenance }")).join("");
    await writeFile(join(folder, "slow.yaml"), `rules:\n${text}`);
    await deliver({ "/compliance/maxConcurrentChecks": 2, "/compliance/checkTimeout": 1500 });
    const [most, answer] = await withSession(stage.superuser(), async (holder) => {
      await holder.query("BEGIN; LOCK TABLE mcp.maintenance_runs IN ACCESS EXCLUSIVE MODE");
      const over = new AbortController();
      const run = call("run_checks", { rules: ids }).finally(() => over.abort());
      let waiting = 0;
      while (!over.signal.aborted) {
        const { rows } = await holder.query<{ n: number }>(
          "SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted AND relation = 'mcp.maintenance_runs'::regclass",
        );
        waiting = Math.max(waiting, rows[0]!.n);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await holder.query("ROLLBACK");
      return [waiting, await run];
    });
    assert.equal(answer.failed, false, answer.text);
    assert.equal(most, 2);
    const results = answer.structured["results"] as { status: string; detail: string }[];
    assert.equal(results.length, 6);
    for (const { status, detail } of results)
      assert.deepEqual([status, detail], ["error", "the check took longer than 1500 ms"]);
    await rm(join(folder, "slow.yaml"));
    await deliver({});
  });

  it("one run at a time: while another server of the stack has the lock, a run waits, then says so", async () => {
    await withSession(stage.login("compliance_1"), async (other) => {
      await other.query("SELECT begin_compliance_run()");
      const { failed, text } = await call("run_checks", { rules: ["tls-database-on"] });
      assert.equal(failed, true);
      assert.match(text, /Another run is at work/);
    });
    assert.equal((await call("run_checks", { rules: ["tls-database-on"] })).failed, false);
  });

  it("compliance.reportsPath is the folder where reports lie", async () => {
    await call("run_checks");
    for (const format of ["json", "markdown"]) {
      const { structured } = await call("generate_report", { format });
      const path = structured["path"] as string;
      assert.match(
        path,
        /^\/opt\/kilocode\/mcp-servers\/reports\/compliance-\d{8}T\d{6}Z-[0-9a-f]{8}\.(json|md)$/,
      );
      const name = path.slice(path.lastIndexOf("/") + 1);
      const written = await readFile(join(server.state, "reports", name), "utf8");
      assert.equal(written, structured["content"]);
      if (format === "json") {
        const report = JSON.parse(written) as { score: number; results: { rule: string }[] };
        assert.ok(report.score > 50 && report.results.some(({ rule: id }) => id === "tls-server-version"));
      } else {
        assert.match(written, /^# Compliance report\n/);
        // Somebody's rule: none of its text is markup.
        assert.ok(written.includes(String.raw`ours-tls: What ours-tls says \| holds \<b\>`));
      }
    }
    assert.deepEqual(
      (await readdir(join(server.state, "reports"))).filter((name) => name.startsWith(".")),
      [],
    );
    const other = await mkdtemp(join(tmpdir(), "reports-"));
    await deliver({ "/compliance/reportsPath": other });
    await call("generate_report", { format: "json" });
    assert.equal((await readdir(other)).length, 1);
    await rm(other, { recursive: true });
    await writeFile(other, "a file in the way");
    const { failed, text } = await call("generate_report", { format: "json" });
    await rm(other);
    assert.equal(failed, true);
    assert.match(text, /could not be written to .*EEXIST|ENOTDIR/);
  });
});
