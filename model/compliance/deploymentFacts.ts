import type { ServerName } from "#model/names.ts";
import type { SelfReport } from "#model/selfReport.ts";

/**
 * What a container was asked to be. Names and units are those of a server's report of itself, so that the two can
 * be compared value by value.
 */
export type ContainerFacts = Pick<
  SelfReport,
  "uid" | "gid" | "capabilities" | "noNewPrivileges" | "readOnlyRoot" | "limits"
> & {
  readonly published: { readonly address: string; readonly port: number };
  /** Reference of the image. */
  readonly image: string;
};

/** What `up` writes down of a server that runs. */
export interface ServerFacts extends ContainerFacts {
  readonly enabled: true;
  /** Of the stack. Not `environment`, which is that of the process in a report. */
  readonly stackEnvironment: "dev" | "prod";
  /** Of this project. */
  readonly version: string;
  readonly tls: { readonly protocol: string };
  /** Generation of what it proves itself with; the database adds since when that is so. */
  readonly credentials: Readonly<Record<string, Credential>>;
}

export interface Credential {
  readonly generation: number;
  /** When this generation was first written down, ISO 8601. */
  readonly since?: string;
}

/** What `up` writes down of the database. */
export interface DatabaseFacts extends ServerFacts {
  readonly backups: {
    /** Whether backups are taken, or somebody has accepted in the stack's configuration that none are. */
    readonly decided: boolean;
  };
  /** Days that rows are kept, by table. */
  readonly retention: Readonly<Record<string, number>>;
}

/** By server; a server that is switched off has nothing but that. */
export type DeploymentFacts = Readonly<
  Record<ServerName, ServerFacts | { readonly enabled: false }> & { database: DatabaseFacts }
>;

/** One row of `deployment_facts`. */
export type RecordedFacts = DeploymentFacts[keyof DeploymentFacts];

const none = "0000000000000000";
const mebibyte = 1024 ** 2;

/** What every container of a stack is asked to be. Memory is rounded as the engine is given it; 0: no limit. */
export function containerFacts(asked: {
  readonly uid: number;
  readonly memory: number;
  readonly cpus: number;
  readonly pids: number;
}): Omit<ContainerFacts, "published" | "image"> {
  return {
    uid: asked.uid,
    gid: asked.uid,
    capabilities: { effective: none, permitted: none, bounding: none },
    noNewPrivileges: true,
    readOnlyRoot: true,
    limits: {
      memory: asked.memory === 0 ? null : Math.ceil(asked.memory / mebibyte) * mebibyte,
      cpus: asked.cpus === 0 ? null : asked.cpus,
      pids: asked.pids,
    },
  };
}
