import type { MemoryContext } from "./memoryContext.ts";
import type { Round } from "./rounds/round.ts";

/** How old an encryption key is. */
export interface KeyAge {
  readonly key_id: string;
  readonly active: boolean;
  readonly first_used_at: string;
  /** Whether it is the active one and older than `keyRotationInterval`. */
  readonly due: boolean;
}

const everySeconds = 3600;

/**
 * The keys that were ever active here, since when, and which is due for rotation. A ring does not say when a key
 * was made, so the age counts from the first time that this server encrypted with it.
 */
export async function keyAges({ database, cipher, config }: MemoryContext): Promise<KeyAge[]> {
  const { activeKey } = cipher;
  const rows = await database.inRound(async (query) => {
    if (activeKey !== null) {
      await query("INSERT INTO mcp.memory_keys (key_id) VALUES ($1) ON CONFLICT DO NOTHING", [activeKey]);
    }
    return query<{ key_id: string; first_used_at: Date; old: boolean }>(
      `SELECT key_id, first_used_at, first_used_at < clock_timestamp() - make_interval(secs => $1) AS old
         FROM mcp.memory_keys ORDER BY first_used_at`,
      [config.security.dataEncryption.keyRotationInterval],
    );
  });
  return rows.map(({ key_id, first_used_at, old }) => ({
    key_id,
    active: key_id === activeKey,
    first_used_at: first_used_at.toISOString(),
    due: key_id === activeKey && old,
  }));
}

/** Says in the log that a key is due: when the server takes up its files, and every hour. */
export async function reportDueKeys(context: MemoryContext): Promise<void> {
  const due = (await keyAges(context)).find((key) => key.due);
  if (due) {
    const { key_id: keyId, first_used_at: since } = due;
    context.log.warn({ keyId, since }, "the encryption key is due for rotation");
  }
}

export const keyAgeRound: Round = { name: "key-age", every: everySeconds, run: reportDueKeys };
