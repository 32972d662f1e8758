import { closest, distance } from "fastest-levenshtein";
import { settingCatalog } from "./catalog.ts";
import { unquotable } from "./quote.ts";
import { valueProblem } from "./values.ts";

/** A setting that `postgres.settings` may not hold. */
export interface OverrideProblem {
  readonly name: string;
  readonly problem: string;
  readonly mend: string;
}

/** Modules that the image holds; anything else would keep PostgreSQL from starting. */
const preloadable = [
  "pg_stat_statements",
  "auto_explain",
  "auth_delay",
  "passwordcheck",
  "pg_prewarm",
  "pgaudit",
  "vector",
];
/** Prefixes of settings that those modules define. */
const extensionPrefixes = [
  "pg_stat_statements",
  "auto_explain",
  "auth_delay",
  "pg_prewarm",
  "pgaudit",
  "hnsw",
  "ivfflat",
];

const byImage = "The image and its volumes fix it; leave it out.";
const byCertificates = "The stack delivers certificates and keys to a fixed place; leave it out.";
const toStderr = "The server's log goes to stderr, where the Docker engine keeps it; leave it out.";
const noArchive = "No backups are taken yet; leave it out.";

/** Settings that follow from something else, each with what to set instead. */
const fixed: Readonly<Record<string, string>> = {
  listen_addresses: "Set network.publish: it decides from where the server is reached.",
  port: "Set network.portBase: it decides the published port.",
  max_connections: "Set postgres.maxConnections.",
  allow_alter_system: "Set what you want to change in postgres.settings.",
  password_encryption: "Passwords are stored as SCRAM-SHA-256 only; leave it out.",
  ssl: "TLS cannot be switched off; leave it out.",
  restore_command: noArchive,
  recovery_end_command: noArchive,
  ...Object.fromEntries(
    ["archive_mode", "archive_command", "archive_library", "archive_cleanup_command"].map((name) => [
      name,
      noArchive,
    ]),
  ),
  ...Object.fromEntries(
    [
      "config_file data_directory hba_file ident_file external_pid_file unix_socket_directories",
      "unix_socket_group unix_socket_permissions dynamic_library_path extension_destdir jit_provider",
      "local_preload_libraries session_preload_libraries dynamic_shared_memory_type",
    ].flatMap((names) => names.split(" ").map((name) => [name, byImage])),
  ),
  ...Object.fromEntries(
    [
      "ssl_cert_file ssl_key_file ssl_ca_file ssl_crl_file ssl_crl_dir ssl_dh_params_file",
      "ssl_passphrase_command ssl_passphrase_command_supports_reload",
    ].flatMap((names) => names.split(" ").map((name) => [name, byCertificates])),
  ),
  ...Object.fromEntries(
    ["logging_collector", "log_destination", "log_directory", "log_filename", "log_file_mode"].map((name) => [
      name,
      toStderr,
    ]),
  ),
};

/** Everything that is wrong with `postgres.settings`: unknown or fixed names, values out of range. */
export function overrideProblems(settings: Readonly<Record<string, string>>): OverrideProblem[] {
  const seen = new Set<string>();
  return Object.entries(settings).flatMap(([name, value]) => {
    const key = name.toLowerCase();
    if (seen.has(key)) {
      return [
        { name, problem: "is set twice: names of settings know no case.", mend: "Remove one of the two." },
      ];
    }
    seen.add(key);
    return nameProblem(name) ?? valueProblems(name, value);
  });
}

function nameProblem(name: string): OverrideProblem[] | undefined {
  const key = name.toLowerCase();
  if (/^include(_dir|_if_exists)?$/.test(key)) {
    return [
      { name, problem: "is no setting but reads another file.", mend: "Write the settings themselves." },
    ];
  }
  const instead = Object.hasOwn(fixed, key) ? fixed[key] : undefined;
  if (instead !== undefined) return [{ name, problem: "cannot be set here.", mend: instead }];
  const definition = settingCatalog.get(key);
  if (definition?.context === "internal") {
    return [{ name, problem: "cannot be set: the server only reports it.", mend: "Leave it out." }];
  }
  if (definition || isExtensionSetting(key)) return undefined;
  return [{ name, problem: "is no setting of PostgreSQL 17.", mend: suggestion(key) }];
}

function valueProblems(name: string, value: string): OverrideProblem[] {
  const definition = settingCatalog.get(name.toLowerCase());
  const problem = definition ? valueProblem(definition, value) : unquotable(value);
  if (problem !== undefined)
    return [{ name, problem: `${problem}.`, mend: "Give a value that PostgreSQL accepts." }];
  if (definition?.name !== "shared_preload_libraries") return [];
  const missing = value
    .split(",")
    .map((library) => library.trim())
    .filter((library) => !preloadable.includes(library));
  if (value.trim() === "" || missing.length === 0) return [];
  return [
    {
      name,
      problem: `names modules that the image does not hold: ${missing.join(", ")}.`,
      mend: `It holds ${preloadable.join(", ")}.`,
    },
  ];
}

function isExtensionSetting(key: string): boolean {
  const [prefix, rest, ...more] = key.split(".");
  if (prefix === undefined || rest === undefined || more.length > 0) return false;
  return extensionPrefixes.includes(prefix) && /^[a-z_][a-z0-9_]*$/.test(rest);
}

function suggestion(key: string): string {
  const nearest = closest(key, [...settingCatalog.keys()]);
  const meant = distance(key, nearest) <= Math.max(2, key.length / 4);
  return meant
    ? `Did you mean ${settingCatalog.get(nearest)?.name ?? nearest}?`
    : "Look it up in PostgreSQL's manual, or leave it out.";
}
