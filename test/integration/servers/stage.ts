import { randomBytes } from "node:crypto";
import { apply as applyClients } from "#providers/clients/runner.ts";
import { apply as applyGrants } from "#providers/grants/runner.ts";
import { hashKey } from "#servers/runtime/credentials.ts";
import { setStage } from "#test/integration/access/stage.ts";
import type { Stage } from "#test/integration/access/stage.ts";
import type { TestPostgresOptions } from "#test/integration/postgresServer.ts";

const accounts = {
  default: { role: "user", servers: ["filesystem", "postgres", "memory", "compliance"] },
  /** Another client of the same servers. */
  second: { role: "user", servers: ["filesystem", "postgres", "memory", "compliance"] },
  admin: { role: "admin", servers: ["filesystem", "postgres", "memory", "compliance"] },
  reader: { role: "readonly", servers: ["filesystem", "postgres", "memory", "compliance"] },
  /** May use another server only. */
  elsewhere: { role: "user", servers: ["memory"] },
  /** Some tests take its role's permissions away. */
  nothing: { role: "service", servers: ["filesystem", "postgres", "memory", "compliance"] },
} as const;

/** A migrated database with grants and clients, as a stack's `up` leaves it, and a few rows. */
export interface ReadyStage extends Stage {
  readonly keys: Readonly<Record<keyof typeof accounts, string>>;
}

export async function readyStage(options: TestPostgresOptions = {}): Promise<ReadyStage> {
  const stage = await setStage(options);
  try {
    await stage.migrate();
    await applyGrants(stage.grants());
    const keys = Object.fromEntries(
      Object.keys(accounts).map((name) => [name, newKey()]),
    ) as ReadyStage["keys"];
    await applyClients({
      connection: stage.login("provisioner_1"),
      clients: accounts,
      keys: Object.fromEntries(
        Object.entries(keys).map(([name, key]) => [
          name,
          { keyId: `${name}.1`, prefix: key.slice(0, 8), hash: hashKey(key) },
        ]),
      ),
      systemIdentifier: stage.systemIdentifier,
    });
    await stage.asSuperuser((client) =>
      client.query(
        `INSERT INTO mcp.configuration_files (file_path, file_name, file_type, content, checksum)
         SELECT '/etc/' || n, 'file ' || n, 'json', '{}', repeat('0', 64) FROM generate_series(1, 3) n`,
      ),
    );
    return { ...stage, keys };
  } catch (error) {
    await stage.stop();
    throw error;
  }
}

function newKey(): string {
  return `kcp_${randomBytes(16).toString("hex")}`;
}
