import assert from "node:assert/strict";
import type { Client } from "pg";
import { withSession } from "#providers/database/connect.ts";
import { startCluster } from "#test/integration/postgres.ts";
import type { Cluster, Database } from "#test/integration/postgres.ts";

/** The tables partitioned by time, and a row of each at an instant (SQL). */
const tables = {
  audit_logs: {
    time: "created_at",
    days: 90,
    columns: "action, resource_type, status",
    values: "'a', 'r', 'success'",
  },
  compliance_logs: {
    time: "created_at",
    days: 180,
    columns: "check_id, rule_id, rule_name, server_name, status",
    values: "'c', 'r', 'n', 's', 'passed'",
  },
  system_metrics: {
    time: "timestamp",
    days: 30,
    columns: "metric_name, metric_value, server_name",
    values: "'m', 1, 's'",
  },
} as const;
type Table = keyof typeof tables;

interface Run {
  partitions_created: number;
  partitions_dropped: number;
  rows_moved: string;
  rows_deleted: string;
  more: boolean;
  problems: string[];
}

describe("maintenance", () => {
  let cluster: Cluster;
  let database: Database;
  before(async () => {
    cluster = await startCluster();
  });
  beforeEach(async () => {
    database = await cluster.database();
    await database.build();
  });
  after(() => cluster.stop());

  const query = async <R extends object>(sql: string): Promise<R[]> =>
    (await database.run("superuser", (client) => client.query<R>(sql))).rows;

  const insert = (table: Table, instant: string, count = 1): Promise<unknown> =>
    database.run("app_user_1", (client) =>
      client.query(
        `INSERT INTO ${table} (${tables[table].columns}, ${tables[table].time})
         SELECT ${tables[table].values}, ${instant} FROM generate_series(1, ${count})`,
      ),
    );

  /** As a server's timer calls it; undefined if the call found nothing to do. */
  const maintain = (force = true, batch = 20_000): Promise<Run | undefined> =>
    database.run("postgres_1", (client) => maintainWith(client, force, batch));

  async function maintainWith(client: Client, force: boolean, batch: number): Promise<Run | undefined> {
    const { rows } = await client.query<Run>("SELECT * FROM mcp.run_maintenance($1, $2)", [force, batch]);
    return rows[0];
  }

  const inDefault = async (table: Table): Promise<number> =>
    Number((await query<{ count: string }>(`SELECT count(*) FROM mcp.${table}_default`))[0]!.count);

  const count = async (table: string): Promise<number> =>
    Number((await query<{ count: string }>(`SELECT count(*) FROM mcp.${table}`))[0]!.count);

  for (const table of Object.keys(tables) as Table[]) {
    const { time, days } = tables[table];

    it(`${table}: a row 400 days old goes, one of 3 years ahead moves to a partition of its own`, async () => {
      await insert(table, "now()");
      await insert(table, "now() - interval '400 days'");
      await insert(table, "now() + interval '3 years'");
      assert.equal(await inDefault(table), 2);
      const run = await maintain();
      assert.deepEqual([run?.rows_deleted, run?.rows_moved, run?.partitions_created], ["1", "1", 1]);
      assert.equal(await inDefault(table), 0);
      assert.equal(await count(table), 2);
      const homes = await query<{ home: string }>(
        `SELECT tableoid::regclass::text AS home FROM mcp.${table} WHERE ${time} > now() + interval '1 year'`,
      );
      assert.match(homes[0]!.home, /_p\d{8}$/);
    });

    it(`${table}: rows stay ${days} days, whatever partition they are in`, async () => {
      await insert(table, `now() - interval '${days - 1} days'`);
      await maintain();
      await insert(table, `now() - interval '${days + 2} days'`);
      await maintain();
      assert.equal(await count(table), 1);
      const [kept] = await query<{ kept: boolean }>(
        `SELECT ${time} > now() - interval '${days} days' AS kept FROM mcp.${table}`,
      );
      assert.equal(kept!.kept, true);
    });
  }

  it("keeps as long as the settings say", async () => {
    await insert("audit_logs", "now() - interval '60 days'");
    await maintain();
    assert.equal(await count("audit_logs"), 1);
    await database.build({ retention: { auditLogs: 50, complianceLogs: 180, systemMetrics: 30 } });
    assert.equal(await count("audit_logs"), 0);
  });

  it("drops a partition that is old as a whole", async () => {
    await insert("system_metrics", "now() - interval '10 days'", 5);
    await maintain();
    await database.build({ retention: { auditLogs: 90, complianceLogs: 180, systemMetrics: 5 } });
    const [run] = await query<Run>("SELECT * FROM mcp.maintenance_runs ORDER BY id DESC LIMIT 1");
    assert.equal(run!.partitions_dropped, 1);
    assert.equal(run!.rows_deleted, "0");
    assert.equal(await count("system_metrics"), 0);
  });

  it("deletes in batches, and says that there is more", async () => {
    await insert("audit_logs", "now() - interval '100 days'", 25);
    const runs = [
      await maintain(true, 10),
      await maintain(false, 10),
      await maintain(false, 10),
      await maintain(false, 10),
    ];
    assert.deepEqual(
      runs.map((run) => run?.more),
      [true, true, false, undefined],
    );
    assert.equal(await count("audit_logs"), 0);
  });

  it("called too often costs nothing; each run is recorded with what it did and who called", async () => {
    const recorded = await count("maintenance_runs");
    assert.equal(await maintain(false), undefined);
    assert.equal(await count("maintenance_runs"), recorded);
    await maintain(true);
    const [run] = await query<{ called_by: string }>(
      "SELECT called_by FROM mcp.maintenance_runs ORDER BY id DESC LIMIT 1",
    );
    assert.equal(run!.called_by, "postgres_1");
  });

  it("two at once: one works, the other returns at once", async () => {
    await insert("audit_logs", "now() - interval '100 days'");
    await database.run("postgres_1", async (first) => {
      await first.query("BEGIN");
      assert.equal((await maintainWith(first, true, 10))?.rows_deleted, "1");
      assert.equal(await maintain(true), undefined);
      await first.query("COMMIT");
    });
    assert.equal((await maintain(true))?.rows_deleted, "0");
  });

  describe("while somebody reads for long", () => {
    async function whileReading(table: string, work: () => Promise<void>): Promise<void> {
      await withSession(database.as("postgres_reader_1"), async (reader) => {
        await reader.query(`BEGIN; SELECT count(*) FROM ${table}`);
        await work();
        await reader.query("SELECT 1; COMMIT");
      });
    }

    it("deletes, tells what it could not do, stops nobody, and does it next time", async () => {
      await insert("audit_logs", "now() - interval '100 days'");
      await insert("audit_logs", "now() + interval '3 years'");
      await whileReading("audit_logs", async () => {
        const run = await maintain();
        assert.equal(run?.rows_deleted, "1");
        assert.equal(run.problems.length, 1);
        assert.match(run.problems[0]!, /audit_logs has no partition for .* yet: the table is in use/);
        await insert("audit_logs", "now()");
      });
      const run = await maintain();
      assert.deepEqual([run?.problems, run?.rows_moved], [[], "1"]);
      assert.equal(await count("audit_logs"), 2);
    });

    it("leaves a partition that could not be dropped for the next run; by hand its rows go", async () => {
      await insert("system_metrics", "now() - interval '10 days'", 3);
      await maintain();
      await query(
        "UPDATE mcp.maintenance_settings SET retention_days = 5 WHERE table_name = 'system_metrics'",
      );
      await whileReading("system_metrics", async () => {
        const run = await maintain();
        assert.match(run!.problems[0]!, /system_metrics_p\d{8} could not be dropped/);
        assert.equal(await count("system_metrics"), 3);
        await database.run("app_user_1", (client) => client.query("SELECT cleanup_expired_data()"));
        assert.equal(await count("system_metrics"), 0);
      });
      assert.equal((await maintain())?.partitions_dropped, 1);
    });
  });

  it("never stops writers for long: rows go on being added while partitions are made", async () => {
    await insert("audit_logs", "now() + interval '1 year'");
    const writers = Array.from({ length: 4 }, async () => {
      for (let n = 0; n < 20; n += 1) await insert("audit_logs", "now()");
    });
    await Promise.all([...writers, maintain()]);
    assert.equal(await count("audit_logs"), 81);
  });

  it("does not touch absurd times more than it must", async () => {
    await insert("system_metrics", "'infinity'");
    await insert("system_metrics", "'-infinity'");
    const run = await maintain();
    assert.deepEqual(run?.problems, []);
    assert.equal(run?.rows_deleted, "1");
    assert.equal(await count("system_metrics"), 1);
  });

  it("makes partitions that belong to the owner, with indexes and triggers of the table", async () => {
    await insert("audit_logs", "now() + interval '3 years'");
    await maintain();
    const rows = await query<{ owner: string; indexes: string; triggers: string }>(
      `SELECT c.relowner::regrole::text AS owner,
         (SELECT count(*) FROM pg_index WHERE indrelid = c.oid) AS indexes,
         (SELECT count(*) FROM pg_trigger WHERE tgrelid = c.oid) AS triggers
       FROM mcp.partitions_of('audit_logs') p JOIN pg_class c ON c.relname = p.name`,
    );
    assert.ok(rows.length > 4);
    assert.equal(new Set(rows.map((row) => JSON.stringify(row))).size, 1);
    assert.equal(rows[0]!.owner, "mcp_owner");
    assert.equal(rows[0]!.triggers, "2");
  });

  it("cleanup_expired_data() returns what it removed from each table", async () => {
    await database.run("app_user_1", async (client) => {
      await client.query(`INSERT INTO memory_items (memory_id, content, expires_at)
        VALUES ('m-1', 'c', now()), ('m-2', 'c', now() + interval '1 day')`);
      await client.query(`INSERT INTO api_keys (key_id, key_prefix, key_hash, name, is_active, expires_at)
        VALUES ('k-1', 'p', 'h1', 'n', true, now()), ('k-2', 'p', 'h2', 'n', false, now()), ('k-3', 'p', 'h3', 'n', true, NULL)`);
    });
    await insert("audit_logs", "now() - interval '90 days 1 minute'", 2);
    await insert("audit_logs", "now() - interval '89 days'");
    await insert("compliance_logs", "now() - interval '181 days'", 3);
    await insert("system_metrics", "now() - interval '31 days'", 4);
    const rows = await database.run(
      "app_user_1",
      async (client) =>
        (await client.query<{ table_name: string; removed: string }>("SELECT * FROM cleanup_expired_data()"))
          .rows,
    );
    assert.deepEqual(Object.fromEntries(rows.map((row) => [row.table_name, Number(row.removed)])), {
      memory_items: 1,
      api_keys: 2,
      audit_logs: 2,
      compliance_logs: 3,
      server_status_history: 0,
      system_metrics: 4,
    });
    assert.equal(await count("audit_logs"), 1);
  });

  it("counts rows that go with a whole partition, too", async () => {
    await insert("system_metrics", "now() - interval '10 days'", 3);
    await maintain();
    await query("UPDATE mcp.maintenance_settings SET retention_days = 5 WHERE table_name = 'system_metrics'");
    const [row] = await query<{ removed: string }>(
      "SELECT removed FROM mcp.cleanup_expired_data() WHERE table_name = 'system_metrics'",
    );
    assert.equal(row!.removed, "3");
  });

  it("needs no extension", async () => {
    const rows = await query<{ extname: string }>("SELECT extname FROM pg_extension ORDER BY 1");
    assert.deepEqual(
      rows.map(({ extname }) => extname),
      ["plpgsql", "vector"],
    );
  });
});
