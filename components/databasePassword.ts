import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { scramVerifier } from "#model/scram.ts";

/** A generated password and the verifier that the database gets instead of it. */
export class DatabasePassword extends pulumi.ComponentResource {
  readonly password: pulumi.Output<string>;
  readonly verifier: pulumi.Output<string>;

  constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super("kilocode:database:Password", name, {}, opts);
    // Letters and digits only: safe in URLs, SQL, dotenv and shell, and unchanged by SASLprep.
    const password = new random.RandomPassword(name, { length: 40, special: false }, { parent: this });
    const salt = new random.RandomBytes(`${name}-salt`, { length: 16 }, { parent: this });
    this.password = password.result;
    this.verifier = pulumi.secret(
      pulumi.all([password.result, salt.base64]).apply(([text, bytes]) => scramVerifier(text, bytes)),
    );
    this.registerOutputs({});
  }
}
