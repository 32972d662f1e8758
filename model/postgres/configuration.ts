import { Faults } from "#model/fault.ts";
import { containerPorts, paths, roles } from "#model/names.ts";
import { settingCatalog } from "./catalog.ts";
import { superuserReservedConnections } from "./connections.ts";
import { overrideProblems } from "./overrides.ts";
import { renderPostgresFile } from "./render.ts";
import { memoryValue, size, tune, type Resources, type SettingValues } from "./tuning.ts";

export interface ConfigurationInput extends Resources {
  /** Further settings, or other values for those below. */
  readonly settings: SettingValues;
}

/** The files of a PostgreSQL server, and what its container must be given to fit them. */
export interface PostgresConfiguration {
  readonly conf: string;
  readonly hba: string;
  /** Those settings of `conf` that change only with a restart (context `postmaster`), by name. */
  readonly restartSettings: Record<string, string>;
  readonly maxConnections: number;
  /** Bytes of /dev/shm. */
  readonly shmSize: number;
  /** Bytes: RLIMIT_DATA of every process. */
  readonly dataLimit: number;
  /** Most processes of the container at once. */
  readonly pids: number;
}

interface Section {
  readonly title: string;
  readonly settings: readonly { readonly name: string; readonly value: string }[];
}

/**
 * postgresql.conf and pg_hba.conf for a container. Every setting stands once: the specification's, mended
 * (reference faults 34–43), pgtune's for the memory, and the overrides in the place of what they replace.
 *
 * @throws Faults SETTINGS_INVALID for overrides that PostgreSQL or this image would not take.
 * @throws Fault SETTINGS_MEMORY if the memory does not serve the connections.
 */
export function postgresConfiguration(input: ConfigurationInput): PostgresConfiguration {
  refuseBadOverrides(input.settings);
  const tuning = tune(input);
  const sections = override(baseSections(input, tuning.settings), input.settings);
  const values = Object.fromEntries(sections.flatMap((part) => part.settings.map((s) => [s.name, s.value])));
  return {
    conf: renderPostgresFile("postgresql.conf", { sections }),
    hba: renderPostgresFile("pg_hba.conf", { superuser: roles.superuser }),
    restartSettings: Object.fromEntries(Object.entries(values).filter(([name]) => needsRestart(name))),
    maxConnections: tuning.maxConnections,
    shmSize: tuning.shmSize,
    dataLimit: tuning.dataLimit,
    pids: processLimit(values),
  };
}

function baseSections(resources: Resources, tuned: SettingValues): Section[] {
  const tls = `${paths.files}/ssl`;
  return [
    section("Connections: the container's network and pg_hba.conf decide who reaches it.", {
      listen_addresses: "*",
      port: String(containerPorts.database),
      unix_socket_directories: paths.socket,
      superuser_reserved_connections: String(superuserReservedConnections),
      authentication_timeout: "10s",
      // Nobody who left holds locks, old rows or a connection for long.
      idle_in_transaction_session_timeout: "5min",
      client_connection_check_interval: "10s",
      tcp_keepalives_idle: "60s",
    }),
    section("Sized by pgtune's rules to the container's memory and CPUs.", {
      ...tuned,
      // A query spills at most this much to disk, instead of filling the volume.
      temp_file_limit: size(Math.max(2 * resources.memory, memoryValue("1GB"))),
    }),
    section("Logs: to stderr, with SQLSTATE, role, database, application and host on every line.", {
      log_destination: "stderr",
      logging_collector: "off",
      log_line_prefix: "%m [%p] %e %q%u@%d app=%a host=%h ",
      log_timezone: "UTC",
      timezone: "UTC",
      log_connections: "on",
      log_disconnections: "on",
      log_checkpoints: "on",
      log_lock_waits: "on",
      log_temp_files: "16MB",
      log_autovacuum_min_duration: "10s",
    }),
    section(
      "Statements: pgaudit logs changes of structure and roles without passwords, auto_explain slow queries.",
      {
        // The server itself would log passwords: with `ddl` those of CREATE ROLE, with a duration those of a
        // slow one, with an error those of a failed one.
        log_statement: "none",
        log_duration: "off",
        log_min_duration_statement: "-1",
        log_min_error_statement: "panic",
        log_parameter_max_length: "0",
        shared_preload_libraries: "pg_stat_statements, pgaudit, auto_explain",
        "pgaudit.log": "ddl, role",
        "pgaudit.log_catalog": "off",
        "auto_explain.log_min_duration": "1s",
        "auto_explain.log_parameter_max_length": "0",
        "pg_stat_statements.track_utility": "off",
      },
    ),
    section("Security", {
      ssl: "on",
      ssl_cert_file: `${tls}/server.crt`,
      ssl_key_file: `${tls}/server.key`,
      ssl_ca_file: `${tls}/ca.crt`,
      ssl_min_protocol_version: "TLSv1.2",
      ssl_ciphers: "ECDHE+AESGCM:ECDHE+CHACHA20",
      password_encryption: "scram-sha-256",
      // This file is the only source of settings.
      allow_alter_system: "off",
    }),
  ];
}

function section(title: string, settings: SettingValues): Section {
  return { title, settings: Object.entries(settings).map(([name, value]) => ({ name, value })) };
}

function override(sections: readonly Section[], overrides: SettingValues): Section[] {
  const wanted = new Map(Object.entries(overrides).map(([name, value]) => [canonicalName(name), value]));
  const replaced = sections.map(({ title, settings }) => ({
    title,
    settings: settings.map(({ name, value }) => {
      const key = canonicalName(name);
      const own = wanted.get(key);
      wanted.delete(key);
      return { name, value: own ?? value };
    }),
  }));
  if (wanted.size === 0) return replaced;
  const further = Object.fromEntries([...wanted].sort(([a], [b]) => (a < b ? -1 : 1)));
  return [...replaced, section("postgres.settings of the stack", further)];
}

/** Names know no case (`TimeZone`); extensions' settings are not in the catalog. */
function canonicalName(name: string): string {
  return settingCatalog.get(name.toLowerCase())?.name ?? name.toLowerCase();
}

function needsRestart(name: string): boolean {
  return settingCatalog.get(name.toLowerCase())?.context === "postmaster";
}

/** Connections, workers, and room for the auxiliary processes and for tools started by hand. */
function processLimit(values: SettingValues): number {
  const counted = ["max_connections", "max_worker_processes", "autovacuum_max_workers", "max_wal_senders"];
  const defaults: SettingValues = {
    max_worker_processes: "8",
    autovacuum_max_workers: "3",
    max_wal_senders: "10",
  };
  return counted.reduce((sum, name) => sum + Number(values[name] ?? defaults[name] ?? 0), 32);
}

function refuseBadOverrides(settings: SettingValues): void {
  const problems = overrideProblems(settings);
  if (problems.length === 0) return;
  throw new Faults(
    problems.map(({ name, problem, mend }) => ({
      code: "SETTINGS_INVALID" as const,
      where: `postgres.settings.${name}`,
      problem: `${name} ${problem}`,
      mend,
    })),
  );
}
