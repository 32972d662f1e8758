import { z } from "zod";
import {
  bytes,
  commonSchema,
  databaseSection,
  milliseconds,
  secretReference,
} from "#servers/runtime/configSchema.ts";

/** `mcp/postgres.json`; an example stands in servers/runtime/configSchema.ts. */
export const postgresSchema = commonSchema.extend({
  database: databaseSection.extend({
    /** The login that runs callers' SQL (group `mcp_reader`). */
    reader: z.object({ user: z.string().min(1), password: secretReference }),
    /** Longest time of one statement, in milliseconds; PostgreSQL ends it. */
    queryTimeout: milliseconds.default(30_000),
    /** Rows of one answer at most; `maxRows` of a call can only lower it. */
    maxRows: z.number().int().min(1).max(100_000).default(1000),
    /** Size of the values of one answer at most. */
    maxBytes: bytes.default(1024 ** 2),
  }),
  security: commonSchema.shape.security
    .unwrap()
    .extend({
      /** Logs every statement's fingerprint with its time and row count; never its text. */
      queryLogging: z.boolean().default(true),
      /** Statements that took longer, in milliseconds, are logged as warnings. */
      slowQueryThreshold: milliseconds.default(5000),
    })
    .prefault({}),
});

export type PostgresConfig = z.output<typeof postgresSchema>;
