import type { Mount } from "#model/mounts.ts";
import type { ServerName } from "#model/names.ts";
import type { Storage, Workload } from "#model/postgres/tuning.ts";
import type { clientRoles, rotations } from "./schema.ts";

export type ClientRole = (typeof clientRoles)[number];
export type Rotation = (typeof rotations)[number];

export interface ServerSettings {
  readonly enabled: boolean;
  /** Bytes; 0 = no limit (dev only). */
  readonly memory: number;
  /** 0 = no limit (dev only). */
  readonly cpus: number;
  /** What users bring into the container. */
  readonly mounts: readonly Mount[];
  /** uid = gid of its processes. */
  readonly uid: number;
}

export interface ClientSettings {
  readonly role: ClientRole;
  readonly servers: readonly ServerName[];
  /** Instant in UTC, ISO 8601. */
  readonly expires?: string;
}

export interface PostgresSettings {
  /** Bytes. */
  readonly memory: number;
  /** 0 = no limit (dev only). */
  readonly cpus: number;
  readonly workload: Workload;
  readonly storage: Storage;
  readonly maxConnections: number;
  /** Connections that each login of each server may hold. */
  readonly poolSize: number;
  /** Settings of postgresql.conf beyond or instead of the tuned ones. */
  readonly settings: Readonly<Record<string, string>>;
  readonly reach: "published" | "tunnel";
  readonly embeddingDimension: number;
  /** Days. */
  readonly retention: {
    readonly auditLogs: number;
    readonly complianceLogs: number;
    readonly systemMetrics: number;
  };
}

/** Everything a stack is made from, checked and complete. Nothing in it is secret. */
export interface Settings {
  readonly project: string;
  readonly stack: string;
  readonly environment: "dev" | "prod";
  /** Empty: as the Docker client would choose. */
  readonly docker: { readonly host?: string; readonly context?: string };
  readonly network: {
    /** Address on which servers are published. The database is published on loopback only. */
    readonly publish: string;
    readonly hostnames: readonly string[];
    readonly clients: readonly string[];
  };
  readonly ports: { readonly published: Readonly<Record<ServerName | "database", number>> };
  readonly postgres: PostgresSettings;
  readonly servers: Readonly<Record<ServerName, ServerSettings>>;
  readonly clients: Readonly<Record<string, ClientSettings>>;
  readonly rotation: Readonly<Record<Rotation, number>> & {
    readonly certificateAuthority: { readonly trust: number; readonly use: number };
  };
  /** Keys of rendered files that the stack sets, as `model/files` takes and has checked them. */
  readonly files: Readonly<Record<string, unknown>>;
  readonly images: Readonly<Partial<Record<"base" | "postgres" | "mcp" | "tools", string>>>;
  /** Names of the secrets that the user supplied; their values stay in Pulumi's Outputs. */
  readonly secrets: readonly string[];
  readonly protect: boolean;
  readonly acceptNoBackups: boolean;
}

/** What Pulumi knows about the configuration of a stack, as plain values. */
export interface RawConfig {
  readonly project: string;
  readonly stack: string;
  /** Of the project's namespace, without it; objects as JSON text. */
  readonly config: Readonly<Record<string, string>>;
  /** Top-level keys that hold a secret. */
  readonly secretKeys: readonly string[];
  /** Where exactly secrets lie, if the stack's file could be read: `postgres.settings.x`. */
  readonly secretPaths?: readonly string[];
  /** Names below `secrets` whose value lies in clear in the stack's file. */
  readonly plainSecrets?: readonly string[];
  /** Keys of namespaces that no part of the program reads, with the namespace. */
  readonly foreignKeys?: readonly string[];
  /** Where the passphrase comes from; `generated` was made by this project's set-up. */
  readonly passphraseOrigin?: "generated" | "own";
}
