import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import { DatabasePassword } from "#components/databasePassword.ts";
import { databaseName, loginGroups, roles, type LoginName } from "#model/names.ts";

export interface DatabaseAccessArgs {
  /** Where the operator's machine reaches the server: plain values, so that previews are exact. */
  readonly host: string;
  readonly port: number;
  readonly superuserPassword: pulumi.Input<string>;
  /** Generation of the login roles, part of their names. */
  readonly generation: number;
  /** What destroys all of this with it, so that no SQL is needed then; undefined where data is protected. */
  readonly deletedWith?: pulumi.Resource | undefined;
}

/** A login role of the database and its password. */
export interface DatabaseLogin {
  readonly user: string;
  readonly password: pulumi.Output<string>;
}

const groups = [
  roles.provisioner,
  roles.service,
  roles.reader,
  roles.writer,
  roles.memory,
  roles.compliance,
  roles.fixer,
  roles.application,
] as const;

/** Roles, memberships and the database. What inside the database they may do is `DatabaseSchema`'s. */
export class DatabaseAccess extends pulumi.ComponentResource {
  readonly logins: Record<LoginName, DatabaseLogin>;
  readonly migrator: DatabaseLogin;
  readonly database: postgresql.Database;
  private readonly options: pulumi.CustomResourceOptions;

  constructor(name: string, args: DatabaseAccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kilocode:database:DatabaseAccess", name, {}, opts);
    const provider = new postgresql.Provider(
      name,
      {
        host: args.host,
        port: args.port,
        username: roles.superuser,
        password: args.superuserPassword,
        // Loopback or tunnel only; everything that carries data verifies the certificate itself.
        sslmode: "require",
        connectTimeout: 15,
      },
      { parent: this },
    );
    this.options = {
      parent: this,
      provider,
      ...(args.deletedWith ? { deletedWith: args.deletedWith } : {}),
    };
    const owner = this.role(`${name}-owner`, roles.owner, []);
    this.migrator = this.login(`${name}-migrator`, roles.migrator, owner.name);
    this.database = new postgresql.Database(
      name,
      {
        name: databaseName,
        owner: owner.name,
        encoding: "UTF8",
        lcCollate: "C.UTF-8",
        lcCtype: "C.UTF-8",
        template: "template0",
      },
      this.options,
    );
    const memberships = this.groupsWithConnect(name);
    this.logins = mapValues(loginGroups, (group, login) =>
      this.login(`${name}-${login}-${args.generation}`, `${login}_${args.generation}`, memberships[group]),
    );
    this.registerOutputs({});
  }

  /** Two grants on one database at once fail in the server, so each waits for the one before. */
  private groupsWithConnect(name: string): Record<(typeof groups)[number], pulumi.Output<string>> {
    const made: Partial<Record<(typeof groups)[number], pulumi.Output<string>>> = {};
    let previous: pulumi.Resource = this.database;
    for (const group of groups) {
      const role = this.role(`${name}-${group}`, group, []);
      previous = new postgresql.Grant(
        `${name}-${group}-connect`,
        { database: this.database.name, role: role.name, objectType: "database", privileges: ["CONNECT"] },
        { ...this.options, dependsOn: [previous] },
      );
      made[group] = role.name;
    }
    return made as Required<typeof made>;
  }

  private role(logicalName: string, roleName: string, memberOf: pulumi.Input<string>[]): postgresql.Role {
    return new postgresql.Role(logicalName, { name: roleName, login: false, roles: memberOf }, this.options);
  }

  private login(logicalName: string, roleName: string, group: pulumi.Input<string>): DatabaseLogin {
    const secret = new DatabasePassword(logicalName, { parent: this });
    const role = new postgresql.Role(
      logicalName,
      { name: roleName, login: true, password: secret.verifier, roles: [group] },
      this.options,
    );
    // Whoever uses the password waits for the role.
    const password = pulumi.secret(pulumi.all([secret.password, role.id]).apply(([text]) => text));
    return { user: roleName, password };
  }
}

function mapValues<Key extends string, From, To>(
  from: Readonly<Record<Key, From>>,
  to: (value: From, key: Key) => To,
): Record<Key, To> {
  const entries = Object.entries(from) as [Key, From][];
  return Object.fromEntries(entries.map(([key, value]) => [key, to(value, key)])) as Record<Key, To>;
}
