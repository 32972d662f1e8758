/**
 * What can be wrong, as values. Every refusal of this project is a `Fault`: a code that `docs/errors.md`
 * explains, what is wrong, where, and what to do next. Codes are public: rename none.
 */
export const faultCatalog = {
  // settings
  SETTINGS_UNKNOWN_KEY: "A key of the stack configuration that does not exist (often a misspelling).",
  SETTINGS_FLAT_KEY:
    "A dotted key such as `postgres.memory` set without `--path`, which Pulumi stores under that literal name.",
  SETTINGS_INVALID: "A value of the wrong type, or outside what is allowed.",
  SETTINGS_SECRET_MISPLACED: "A secret set outside the `secrets` object, or a plain value inside it.",
  SETTINGS_PLACEHOLDER: "A value that was copied from an example, such as `secure_password`.",
  SETTINGS_DERIVED:
    "A key of a rendered file that follows from another setting, or from the deployment itself.",
  FILES_RULE: "Rendered files that do not go together, by one of the rules in docs/rules.md.",
  SETTINGS_CONFLICT: "Two settings that cannot both hold.",
  SETTINGS_MEMORY: "Less memory than PostgreSQL needs to start and serve its connections.",
  // what only `prod` refuses
  PROD_UNPROTECTED_DATA: "`protect: false`: the next `down` would take the data away.",
  PROD_GENERATED_PASSPHRASE: "A passphrase that the set-up generated, which exists on one machine only.",
  PROD_PUBLISHED_TO_ALL: "Servers published on all interfaces without a host name in their certificates.",
  PROD_WEAK_TLS: "TLS switched off, or a version below 1.2 allowed.",
  PROD_NO_AUTHENTICATION: "A server that would answer callers without a key.",
  PROD_NO_LIMITS: "A container without a memory or CPU limit.",
  PROD_FLOATING_IMAGE: "An image named by a tag, which may be another one tomorrow.",
  PROD_NO_BACKUPS: "No backups are taken, and `acceptNoBackups` does not say that this is known.",
  // machine
  NODE_TOO_OLD: "The program was started by a Node.js that cannot run TypeScript.",
  PULUMI_MISSING: "No usable Pulumi engine was found and none could be installed or built.",
  TOOLCHAIN_BUILD: "Building the engine or a plugin from source failed.",
  DEPENDENCIES_MISSING: "The project's npm packages could not be installed.",
  ENGINE_UNREACHABLE: "No Docker engine answers.",
  ENGINE_PERMISSION: "The Docker engine's socket exists, but this user may not use it.",
  BASE_IMAGE_MISSING: "The base image could neither be pulled nor made.",
  IMAGE_BUILD: "Building a container image failed.",
  MOUNT_MISSING: "A folder or volume that a server is to bring in does not exist.",
  PORT_TAKEN: "A host port that the stack wants to publish is in use.",
  PASSPHRASE_WRONG: "The passphrase does not open the stack's secrets.",
  PASSPHRASE_MISSING: "The stack has no passphrase, and nobody can be asked for one.",
  STACK_ABSENT: "A command that works on what is there met a stack that was never brought up, or is down.",
  STATE_UNREADABLE: "The stack's state could not be read.",
  QUESTION_UNANSWERED: "The command would ask, and there is no terminal to ask on.",
  // deployment
  FOREIGN_OBJECT: "A Docker object of that name belongs to another stack instance, or to none.",
  FILE_REFUSED: "A rendered file was refused by the program that would read it.",
  DATABASE_UNREACHABLE: "PostgreSQL did not accept a TLS login in time.",
  DATABASE_REFUSED: "PostgreSQL refused a statement of the deployment.",
  MIGRATION_CHANGED: "A migration that was already applied was edited, renamed or removed.",
  MIGRATION_FAILED: "A migration failed; nothing of it remains.",
  EMBEDDING_DIMENSION: "The embedding dimension was changed on a database that holds embeddings.",
  GATE_DATABASE: "After the update, PostgreSQL did not answer as it must.",
  GATE_MIGRATIONS: "After the update, the applied migrations are not those of this program.",
  GATE_SERVER: "After the update, an MCP server did not answer as it must.",
  // history of files
  CONFIG_ARGUMENTS: "`npm run config` was called in a way that it does not understand.",
  CONFIG_VERSION: "A version of a file that was never delivered.",
  // connecting a client
  CONNECT_ARGUMENTS: "`npm run connect` was called in a way that it does not understand.",
  CONNECT_NO_STACK: "The stack has no outputs: it was never brought up, or is down.",
  CONNECT_CLIENT: "The stack has no client of that name, or the client may use no server.",
  CONNECT_FILE: "A client's file that cannot be read or edited without harm.",
  CONNECT_CHANGED: "An entry in a client's file that somebody else wrote, or changed since.",
  CONNECT_MATERIAL: "The files with address, certificates and key of a client are missing or unusable.",
} as const;

export type FaultCode = keyof typeof faultCatalog;

export interface FaultDetails {
  readonly code: FaultCode;
  /** The place: a configuration key, a file with a JSON Pointer, an object's name. */
  readonly where?: string | undefined;
  /** One sentence: what is wrong and what is allowed. Never holds a secret. */
  readonly problem: string;
  /** What to do next, as a command where one exists. */
  readonly mend: string;
}

/** One thing that is wrong. */
export class Fault extends Error {
  /** Pulumi's mark for errors that explain themselves: the message is shown, a stack trace is not. */
  readonly __pulumiRunError = true;
  readonly code: FaultCode;
  readonly where: string | undefined;
  readonly problem: string;
  readonly mend: string;

  constructor(details: FaultDetails, options?: { cause?: unknown }) {
    super(describeFault(details), options);
    this.name = "Fault";
    // The engine prints the stack of what a provider throws; a fault explains itself.
    this.stack = "";
    this.code = details.code;
    this.where = details.where;
    this.problem = details.problem;
    this.mend = details.mend;
  }
}

/** Several faults, found in one pass and reported together. */
export class Faults extends Error {
  readonly __pulumiRunError = true;
  readonly faults: readonly FaultDetails[];

  constructor(faults: readonly FaultDetails[]) {
    super(faults.map(describeFault).join("\n\n"));
    this.name = "Faults";
    this.stack = "";
    this.faults = faults;
  }
}

export function describeFault(fault: FaultDetails): string {
  const place = fault.where === undefined ? "" : `${fault.where}: `;
  return `[${fault.code}] ${place}${fault.problem}\n  → ${fault.mend}`;
}
