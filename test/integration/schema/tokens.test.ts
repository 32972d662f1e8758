import assert from "node:assert/strict";
import { startCluster } from "#test/integration/postgres.ts";
import type { Cluster, Database, Login } from "#test/integration/postgres.ts";
import { asker } from "./asker.ts";
import type { Row } from "./asker.ts";

const day = 86_400;

describe("changes of access, and tokens", () => {
  let cluster: Cluster;
  let database: Database;
  before(async () => {
    cluster = await startCluster();
    database = await cluster.database();
    await database.build();
    await user("INSERT INTO users (username, email, password_hash) VALUES ('t', 't@clients.invalid', '!')");
    await user(
      `INSERT INTO api_keys (key_id, key_prefix, key_hash, name, permissions, created_by)
       SELECT 't.1', 'kcp_abcd', repeat('ab', 32), 't', '{server:postgres}', id FROM users WHERE username = 't'`,
    );
  });
  after(() => cluster.stop());
  const { as, user } = asker(() => database);

  let count = 0;
  const newHash = () => (count += 1).toString(16).padStart(64, "0");
  const start = async (
    hash: string,
    { most = 100, seconds = day }: { most?: number; seconds?: number } = {},
  ) => {
    const rows = await as("postgres_1", "SELECT * FROM mcp.start_token_family('t.1', $1, $2, $3)", [
      hash,
      seconds,
      most,
    ]);
    return rows[0]?.["family"];
  };
  const exchange = async (
    hash: string,
    {
      idle = day,
      earliest = 0,
      login = "postgres_1",
    }: { idle?: number; earliest?: number; login?: Login } = {},
  ): Promise<Row> => {
    const next = newHash();
    const [row] = await as(login, "SELECT * FROM mcp.exchange_refresh_token($1, $2, $3, $4)", [
      hash,
      next,
      idle,
      earliest,
    ]);
    return { ...row, next };
  };
  const find = (family: unknown) =>
    as("postgres_1", "SELECT client, key_name, valid_until FROM mcp.find_caller(NULL, 't.1', $1)", [family]);

  it("are counted when they come true, and a use is no change", async () => {
    const version = async () => (await as("postgres_1", "SELECT mcp.access_version() AS v"))[0]!["v"];
    const changes = async (sql: string) => {
      const before = await version();
      await user(sql);
      return (await version()) !== before;
    };
    assert.equal(await changes("SELECT 1"), false);
    assert.equal(await changes("UPDATE users SET role = 'admin' WHERE username = 't'"), true);
    assert.equal(await changes("UPDATE users SET last_login = now() WHERE username = 't'"), false);
    assert.equal(
      await changes("UPDATE api_keys SET usage_count = usage_count + 1, last_used = now()"),
      false,
    );
    assert.equal(await changes("UPDATE api_keys SET expires_at = now() + interval '1 day'"), true);
    assert.equal(await changes("UPDATE api_keys SET expires_at = NULL"), true);
    // Not while the transaction may still be undone.
    const before = await version();
    await database.run("app_user_1", async (client) => {
      await client.query("BEGIN");
      await client.query("UPDATE users SET role = 'user' WHERE username = 't'");
      assert.equal(await version(), before);
      await client.query("COMMIT");
    });
    assert.notEqual(await version(), before);
  });

  it("a key or a token speaks for its account until the first known end", async () => {
    const family = await start(newHash(), { seconds: 60 });
    const [row] = await find(family);
    assert.equal(row!["client"], "t");
    const left = (row!["valid_until"] as Date).getTime() - Date.now();
    assert.ok(left > 0 && left < 120_000, String(left));
    assert.deepEqual(await find("00000000-0000-4000-8000-000000000000"), []);
    const byHash = await as("postgres_1", "SELECT key_name FROM mcp.find_caller(repeat('ab', 32))");
    assert.deepEqual(byHash, [{ key_name: "t.1" }]);
    assert.deepEqual(await as("postgres_1", "SELECT * FROM mcp.find_caller()"), []);
  });

  it("a refresh token is good once, and its reuse ends the family", async () => {
    const first = newHash();
    const family = await start(first);
    const one = await exchange(first);
    assert.deepEqual(
      [one["outcome"], one["client"], one["key_name"], one["family"]],
      ["exchanged", "t", "t.1", family],
    );
    const two = await exchange(one["next"] as string);
    assert.equal(two["outcome"], "exchanged");
    assert.equal((await find(family)).length, 1);
    assert.equal((await exchange(first))["outcome"], "reused");
    assert.equal((await exchange(two["next"] as string))["outcome"], "ended");
    assert.deepEqual(await find(family), []);
  });

  it("of exchanges at the same time one wins", async () => {
    const first = newHash();
    await start(first);
    const all = await Promise.all(Array.from({ length: 8 }, () => exchange(first)));
    const outcomes = all.map(({ outcome }) => String(outcome)).toSorted();
    assert.deepEqual(outcomes, ["exchanged", ...Array.from({ length: 7 }, () => "reused")]);
  });

  it("a refresh token is another server's to nobody, whatever it says", async () => {
    const first = newHash();
    const family = await start(first);
    const login = "filesystem_1";
    assert.equal((await exchange(first, { login }))["outcome"], "unknown");
    const lastUse = () => as("superuser", "SELECT last_used FROM mcp.token_families WHERE id = $1", [family]);
    const before = await lastUse();
    await as(login, "SELECT mcp.note_access('{}', '{}', $1)", [[family]]);
    assert.deepEqual(await lastUse(), before);
    assert.equal((await exchange(first))["outcome"], "exchanged");
    assert.equal((await exchange(newHash()))["outcome"], "unknown");
  });

  it("a family ends with its time, with idleness, and with its key", async () => {
    const over = newHash();
    const idle = newHash();
    const early = newHash();
    await start(over, { seconds: 0 });
    assert.equal((await exchange(over))["outcome"], "ended");
    const family = await start(idle);
    assert.equal((await exchange(idle, { idle: 0 }))["outcome"], "ended");
    await as("postgres_1", "SELECT mcp.note_access('{t.1}', '{3}', $1)", [[family]]);
    assert.equal((await exchange(idle, { idle: 60 }))["outcome"], "exchanged");
    await start(early);
    const waiting = await exchange(early, { earliest: 60 });
    assert.equal(waiting["outcome"], "early");
    assert.ok(Number(waiting["wait"]) > 50 && Number(waiting["wait"]) <= 60);
    await user("UPDATE api_keys SET is_active = false WHERE key_id = 't.1'");
    assert.equal((await exchange(early))["outcome"], "ended");
    assert.equal(await start(newHash()), undefined);
    await user("UPDATE api_keys SET is_active = true WHERE key_id = 't.1'");
    assert.equal((await exchange(early))["outcome"], "exchanged");
  });

  it("of too many families the one that was not used for longest ends", async () => {
    await user("DELETE FROM api_keys WHERE key_id = 'none'");
    await as("superuser", "DELETE FROM mcp.token_families");
    const hashes = [newHash(), newHash(), newHash(), newHash()];
    const families = [];
    for (const hash of hashes) families.push(await start(hash, { most: 3 }));
    assert.deepEqual(await find(families[0]), []);
    for (const family of families.slice(1)) assert.equal((await find(family)).length, 1);
  });

  it("families that ended a day ago are removed when another begins", async () => {
    const old = newHash();
    await start(old);
    await as("superuser", "UPDATE mcp.token_families SET ends_at = now() - interval '25 hours'");
    await start(newHash());
    const [left] = await as("superuser", "SELECT count(*)::int AS n FROM mcp.refresh_tokens");
    assert.equal(left!["n"], 1);
  });

  it("uses are added from several servers at the same time", async () => {
    await user(
      `INSERT INTO api_keys (key_id, key_prefix, key_hash, name, created_by)
       SELECT 'u.' || n, 'kcp_u', repeat(lpad(to_hex(n), 2, '0'), 32), 'u', NULL FROM generate_series(1, 20) n`,
    );
    const ids = Array.from({ length: 20 }, (_, at) => `u.${at + 1}`);
    const ones = ids.map(() => 1);
    await Promise.all(
      (["postgres_1", "filesystem_1"] as const).flatMap((login, at) =>
        Array.from({ length: 5 }, () =>
          as(login, "SELECT mcp.note_access($1, $2)", [at % 2 === 0 ? ids : ids.toReversed(), ones]),
        ),
      ),
    );
    const counts = await user("SELECT DISTINCT usage_count FROM api_keys WHERE key_id LIKE 'u.%'");
    assert.deepEqual(counts, [{ usage_count: 10 }]);
  });
});
