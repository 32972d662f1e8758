import { postgresFile } from "#model/files/schema/postgres.ts";
import type { PostgresFile } from "#model/files/schema/postgres.ts";
import type { Loaded } from "#servers/runtime/loadConfig.ts";
import type {
  PreparedParts,
  ServerContext,
  ServerDefinition,
  ServerParts,
} from "#servers/runtime/runServer.ts";
import { openReader } from "./reader.ts";
import { executeQuery } from "./tools/executeQuery.ts";
import { getSchema } from "./tools/getSchema.ts";
import { getTables } from "./tools/getTables.ts";

const handoverMilliseconds = 2000;

/** Reading a PostgreSQL database: three tools, one read-only login. */
export const postgresServer: ServerDefinition<PostgresFile> = {
  name: "postgres",
  instructions:
    "Reads a PostgreSQL database. Look at get_tables and get_schema first, then ask with execute_query. Nothing can be written.",
  schema: postgresFile,
  prepare,
};

async function prepare(loaded: Loaded<PostgresFile>, { log }: ServerContext): Promise<PreparedParts> {
  const { config, files } = loaded;
  const login = {
    user: config.database.reader.user,
    password: await files.secret(config.database.reader.password),
    ca: loaded.login.ca,
  };
  return {
    activate(previous): ServerParts {
      const reader = openReader(config, login, log);
      // Calls under way keep the connections they have; the delay is for those that are about to take one.
      if (previous) setTimeout(() => void previous.close(), handoverMilliseconds).unref();
      return {
        tools: [executeQuery(reader), getSchema(reader), getTables(reader)],
        close: () => reader.close(),
      };
    },
  };
}
