import { postgresFile } from "#model/files/schema/postgres.ts";
import type { PostgresFile } from "#model/files/schema/postgres.ts";
import { furtherLogin } from "#servers/runtime/furtherLogin.ts";
import type { Loaded } from "#servers/runtime/loadConfig.ts";
import type {
  PreparedParts,
  ServerContext,
  ServerDefinition,
  ServerParts,
} from "#servers/runtime/runServer.ts";
import { KeptResults } from "./keptResults.ts";
import { databaseMeasure } from "./measure.ts";
import { openReader } from "./reader.ts";
import { StatementLog } from "./statementLog.ts";
import { createTable } from "./tools/createTable.ts";
import { describeTable } from "./tools/describeTable.ts";
import { dropTable } from "./tools/dropTable.ts";
import { executeQuery } from "./tools/executeQuery.ts";
import { executeStatement } from "./tools/executeStatement.ts";
import { explainQuery } from "./tools/explainQuery.ts";
import { fetchRows } from "./tools/fetchRows.ts";
import { getSchema } from "./tools/getSchema.ts";
import { getTables } from "./tools/getTables.ts";
import { listSchemas } from "./tools/listSchemas.ts";
import { openWriter } from "./writer.ts";

const handoverMilliseconds = 2000;

/** Reading a PostgreSQL database through a read-only login, and writing to its workspace through another. */
export const postgresServer: ServerDefinition<PostgresFile> = {
  name: "postgres",
  instructions:
    "Reads a PostgreSQL database. Look at get_tables and get_schema first, then ask with execute_query. Whoever may write has tables of their own in the schema workspace: create_table, execute_statement, drop_table. Nothing else can be written.",
  schema: postgresFile,
  prepare,
};

async function prepare(loaded: Loaded<PostgresFile>, { log }: ServerContext): Promise<PreparedParts> {
  const { config } = loaded;
  const readerLogin = await furtherLogin(loaded, config.database.reader);
  const writerLogin = await furtherLogin(loaded, config.database.writer);
  return {
    activate(previous): ServerParts {
      const statements = new StatementLog(log, config.security);
      const reader = openReader(config, readerLogin, statements);
      const writer = openWriter(config, writerLogin, statements, () => reader.workspaceBytes());
      const results = new KeptResults();
      // Calls under way keep the connections they have; the delay is for those that are about to take one.
      if (previous) setTimeout(() => void previous.close(), handoverMilliseconds).unref();
      return {
        tools: [
          executeQuery(reader, results),
          fetchRows(results),
          explainQuery(reader),
          getTables(reader),
          getSchema(reader),
          describeTable(reader),
          listSchemas(reader),
          executeStatement(writer),
          createTable(writer),
          dropTable(writer),
        ],
        measure: databaseMeasure(reader, statements),
        async close() {
          await Promise.all([reader.close(), writer.close()]);
        },
      };
    },
  };
}
