import type { Caller } from "#servers/runtime/keyVerifier.ts";
import type { Log } from "#servers/runtime/log.ts";
import type { AccessDatabase } from "./accessDatabase.ts";

const flushMilliseconds = 5000;

/** Counts uses in memory and writes them every few seconds: a call costs no write of its own. */
export interface UsesOfKeys {
  count(caller: Pick<Caller, "keyId" | "family">): void;
  /** Writes what is left. */
  close(): Promise<void>;
}

export function countUses(database: Pick<AccessDatabase, "noteUse">, log: Log): UsesOfKeys {
  let uses = new Map<string, number>();
  let families = new Set<string>();
  let flushing: Promise<void> = Promise.resolve();

  const flush = async (): Promise<void> => {
    if (uses.size === 0) return;
    const [written, awake] = [uses, families];
    uses = new Map();
    families = new Set();
    try {
      await database.noteUse(written, [...awake]);
    } catch (error) {
      // Counted again with the next ones.
      for (const [keyId, count] of written) uses.set(keyId, (uses.get(keyId) ?? 0) + count);
      for (const family of awake) families.add(family);
      log.debug({ err: error }, "uses of keys are not written yet");
    }
  };
  const timer = setInterval(() => {
    flushing = flushing.then(flush);
  }, flushMilliseconds).unref();
  return {
    count({ keyId, family }) {
      uses.set(keyId, (uses.get(keyId) ?? 0) + 1);
      if (family !== undefined) families.add(family);
    },
    async close() {
      clearInterval(timer);
      await flushing;
      await flush();
    },
  };
}
