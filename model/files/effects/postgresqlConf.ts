import { effective, type Effective } from "./effect.ts";
import { proofs } from "./proofs.ts";

/** A setting of postgresql.conf that the specification names; PostgreSQL itself obeys it. */
export interface SettingEffect {
  readonly meaning: string;
  /** Where its value is decided. */
  readonly effect: Effective;
}

const configuration = "model/postgres/configuration.ts";
const tuning = "model/postgres/tuning.ts";

function setting(module: string, name: string, meaning: string): readonly [string, SettingEffect] {
  return [name, { meaning, effect: effective(module, `${name}:`, proofs.postgresFiles) }];
}

export const settingEffects: ReadonlyMap<string, SettingEffect> = new Map([
  setting(configuration, "listen_addresses", "Addresses on which PostgreSQL listens."),
  setting(configuration, "port", "Port inside the container."),
  setting(tuning, "max_connections", "Connections at most."),
  setting(tuning, "shared_buffers", "Memory for pages of tables and indexes."),
  setting(tuning, "effective_cache_size", "What the planner expects to find cached."),
  setting(tuning, "work_mem", "Memory of one sort or hash before it goes to disk."),
  setting(tuning, "maintenance_work_mem", "Memory of VACUUM and of building an index."),
  setting(tuning, "checkpoint_completion_target", "Share of the time between checkpoints for writing."),
  setting(tuning, "wal_buffers", "Memory for the write-ahead log before it is written."),
  setting(tuning, "default_statistics_target", "How detailed the planner's statistics are."),
  setting(configuration, "log_statement", "Which statements PostgreSQL itself logs."),
  setting(configuration, "log_duration", "Whether it logs the time of each statement."),
  setting(configuration, "log_line_prefix", "What every line of the log begins with."),
  setting(configuration, "log_timezone", "Time zone of the log."),
  setting(configuration, "ssl", "Whether TLS is offered; pg_hba.conf demands it."),
  setting(configuration, "ssl_cert_file", "The server's certificate."),
  setting(configuration, "ssl_key_file", "Its private key."),
  setting(configuration, "password_encryption", "How passwords are stored."),
  setting(tuning, "random_page_cost", "What the planner thinks a page out of order costs."),
  setting(tuning, "effective_io_concurrency", "Reads that the storage does at the same time."),
]);
