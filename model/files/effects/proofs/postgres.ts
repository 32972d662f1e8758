import type { Proof } from "#model/files/effects/effect.ts";

const writing = "test/integration/servers/writing.test.ts";
const repeating = "test/integration/servers/repeating.test.ts";

/** Tests of what only postgres.json has. */
export const postgresProofs = {
  writerLogin: { file: writing, test: "database.writer.user and password are the login that writes" },
  writerSize: {
    file: writing,
    test: "database.writer.maxSize: what would make the workspace larger is undone",
  },
  writerPool: { file: writing, test: "database.pool.writerMax is the most connections that write" },
  idleTimeout: {
    file: repeating,
    test: "database.idleTimeout ends a session that waits inside a transaction",
  },
  retries: {
    file: repeating,
    test: "database.maxRetries and retryDelay: a read is repeated when the connection is lost, with doubled waits",
  },
} as const satisfies Record<string, Proof>;
