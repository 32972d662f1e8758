import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { startCluster } from "#test/integration/postgres.ts";
import type { Cluster, Database } from "#test/integration/postgres.ts";

interface Statement {
  readonly title: string;
  /** Rows returned or changed; undefined: any number. */
  readonly rows: number | undefined;
  readonly sql: string;
}

/** Written for the specification's schema: `--- title | rows`, then one statement as it is. */
function statements(): Statement[] {
  const text = readFileSync(new URL("./statements.sql", import.meta.url), "utf8");
  return text
    .split(/^--- /m)
    .slice(1)
    .map((block) => {
      const [head = "", ...lines] = block.split("\n");
      const [title = "", rows = "*"] = head.split(" | ");
      return { title, rows: rows === "*" ? undefined : Number(rows), sql: lines.join("\n").trim() };
    });
}

/** Section 4.2 of the specification: what is left of it when roles and database are made by the stack. */
const grants = [
  "GRANT ALL PRIVILEGES ON DATABASE mcp_db TO app_user;",
  "GRANT ALL PRIVILEGES ON ALL TABLES IN SCHEMA public TO app_user;",
  "GRANT ALL PRIVILEGES ON ALL SEQUENCES IN SCHEMA public TO app_user;",
  "GRANT ALL PRIVILEGES ON ALL FUNCTIONS IN SCHEMA public TO app_user;",
];

describe("statements written for the specification's schema", () => {
  let cluster: Cluster;
  let database: Database;
  before(async () => {
    cluster = await startCluster();
    database = await cluster.database();
    await database.build();
  });
  after(() => cluster.stop());

  it("there are at least 60 of them", () => {
    assert.ok(statements().length >= 60);
  });

  for (const { title, rows, sql } of statements()) {
    it(title, async () => {
      const result = await database.run("app_user_1", (client) => client.query(sql));
      if (rows !== undefined) assert.equal(result.rowCount, rows);
    });
  }

  for (const sql of grants) {
    it(sql, () => database.run("superuser", (client) => client.query(sql)));
  }
});
